/** The result page: what a compression or a comparison did, from one sentence down to each layer. */
import '../styles/base.css';
import '../styles/controls.css';
import '../styles/document.css';
import '../styles/interim.css';
import '../styles/table.css';
import './result.css';
import { render } from 'preact';
import { registerToolkit } from '../components/toolkit';
import { connect } from '../vscode';
import { Page } from './Page';
import { type ResultWire } from './state';

registerToolkit();
const wire: ResultWire = connect();
render(<Page wire={wire} />, document.body);

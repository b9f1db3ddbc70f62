/** The sensitivity page: which layers or groups of channels cost the outputs the most. */
import '../styles/base.css';
import '../styles/controls.css';
import '../styles/document.css';
import '../styles/interim.css';
import '../styles/table.css';
import './sensitivity.css';
import { render } from 'preact';
import { registerToolkit } from '../components/toolkit';
import { connect } from '../vscode';
import { Page } from './Page';
import { type SensitivityWire } from './state';

registerToolkit();
const wire: SensitivityWire = connect();
render(<Page wire={wire} />, document.body);

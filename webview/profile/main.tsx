/** The profile page: what a model costs, from four totals down to each layer. */
import '../styles/base.css';
import '../styles/controls.css';
import '../styles/document.css';
import '../styles/interim.css';
import '../styles/table.css';
import './chart.css';
import './graph/graph.css';
import './groups.css';
import './profile.css';
import { render } from 'preact';
import { registerToolkit } from '../components/toolkit';
import { connect } from '../vscode';
import { Page } from './Page';
import { type ProfileWire } from './state';

registerToolkit();
const wire: ProfileWire = connect();
render(<Page wire={wire} />, document.body);

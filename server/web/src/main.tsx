import { render } from 'preact';
import { App } from './app';
import { startKeys } from './keys';
import { startRouter } from './router';
import { startSession } from './session';
import './styles/index.css';

startRouter();
startKeys();
void startSession();
render(<App />, document.getElementById('app')!);

/** The process of the language server: for VS Code over IPC, for any other editor with `--stdio`. */
import { createConnection, ProposedFeatures } from 'vscode-languageserver/node';
import { analyze } from '../core/analyze.ts';
import { loadParser } from '../workspace/parsers.ts';
import { serve } from './connection.ts';

const connection = createConnection(ProposedFeatures.all);
serve(connection, { analyze, loadParser });
connection.listen();

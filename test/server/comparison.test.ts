/** Whatever a loss looks like, what is offered to compare of it is what the client accepts. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseCompareRequest } from '../../src/protocol.ts';
import { View } from '../../src/server/view.ts';
import { analyzeText } from '../support/analyze.ts';

const root = path.join(import.meta.dirname, '../..');

describe('the comparison of every loss of the examples and fixtures', function () {
  this.timeout(60_000);

  it('passes the check of the protocol, and ends its notes like sentences', async () => {
    let compared = 0;
    for (const file of globSync('{examples,test/fixtures/{interpreter,typical,rules/*}}/*.{py,ts,js}', { cwd: root })) {
      const text = readFileSync(path.join(root, file), 'utf8');
      const analysis = await analyzeText(text, path.basename(file));
      const document = { uri: `file:///${file}`, path: file, languageId: analysis.language, version: 1, text };
      for (const { comparison } of new View(document, analysis).lenses()) {
        if (!comparison) continue;
        compared += 1;
        assert.deepEqual(parseCompareRequest(JSON.parse(JSON.stringify(comparison))), comparison, file);
        for (const note of comparison.notes) assert.match(note, /^[A-Z].*\.$/, file);
      }
    }
    assert.ok(compared > 150, `${compared} losses were compared`);
  });
});

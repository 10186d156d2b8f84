import assert from 'node:assert/strict';
import { duration, percent, short, whole } from '../../src/cli/numbers.ts';
import { wrap } from '../../src/cli/terminal.ts';

describe('numbers for people', () => {
  it('have three digits, or a power of ten where that is shorter', () => {
    assert.deepEqual([2.3, 0, 12.345, 4590, 1e19, 1.7e-7, Number.NaN, Number.NEGATIVE_INFINITY].map(short), [
      '2.30',
      '0.00',
      '12.3',
      '4,590',
      '1.0e+19',
      '1.7e-7',
      'NaN',
      '-Infinity',
    ]);
  });

  it('have units', () => {
    assert.deepEqual([0.4, 59.6, 61, 7322].map(duration), ['0 s', '1 min 0 s', '1 min 1 s', '2 h 2 min']);
    assert.equal(percent(0.1234), '12.3 %');
    assert.equal(whole(1234567.8), '1,234,568');
  });
});

describe('wrapped text', () => {
  it('breaks at spaces, and keeps words that are too long', () => {
    assert.deepEqual(wrap('one two three', 8), ['one two', 'three']);
    assert.deepEqual(wrap('one two three', 8, '  '), ['one two', '  three']);
    assert.deepEqual(wrap('incomprehensible a', 5), ['incomprehensible', 'a']);
    assert.deepEqual(wrap('', 5), ['']);
  });
});

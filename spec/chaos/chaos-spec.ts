import { expect } from 'chai';
import { run } from '../examples/run.js';

const PROGRAM = 'chaos/run.ts';
const PATIENCE = 110_000;

describe('the chaos run', () => {
  it('should keep all promises while everything is killed at least once', async () => {
    const ending = await run(PROGRAM, { args: ['--minutes', '0.05', '--seed', 'spec'], patience: PATIENCE });

    expect(ending.stdout + ending.stderr).to.contain('All promises kept.');
    expect(ending.stdout).to.match(/^lost +0 +0$/m);
    expect(ending.stdout).to.match(/^duplicated +\d+ +0$/m);
    expect(ending.stdout).to.match(/^not worked on +0 +0$/m);
    expect(ending.stdout).to.match(/^worked on again +\d+ +0$/m);
    expect(ending.stdout).to.match(/^kills( +[1-9]\d*){4}$/m);
    expect(ending.code).to.equal(0);
  }).timeout(120_000);

  it('should explain itself when it is called wrongly', async () => {
    const ending = await run(PROGRAM, { args: ['--minutes', 'x'], patience: PATIENCE });
    expect(ending.stderr).to.contain('--minutes: expected a number above 0, got "x"');
    expect(ending.code).to.equal(2);
  }).timeout(120_000);
});

import { expect } from 'chai';
import sinon from 'sinon';
import { ProgressBar, progressText } from '../../lib/cli/ProgressBar.js';
import { textWidth } from '../../lib/cli/textWidth.js';

describe('a progress bar', () => {
  it('should say how far it is, how fast, and how long it will take', () => {
    const text = progressText('file', { share: 0.25, count: [2_500, 'messages'] }, 10_000, 80);
    expect(text).to.equal(`file  ${'█'.repeat(8)}${'░'.repeat(22)}   25 %  2,500 messages  250/s  0:30 left`);
  });

  it('should be a count where nobody knows how much there is', () => {
    expect(progressText('pipe', { count: [2_500, 'messages'] }, 10_000, 80)).to.equal(
      'pipe  2,500 messages  250/s  0:10',
    );
  });

  it('should never be wider than the terminal, and never fail', () => {
    for (let columns = 1; columns < 100; columns++) {
      for (const share of [undefined, 0, 0.5, 1, 1.2]) {
        const text = progressText('label', { share, count: [1, 'messages'], note: 'note' }, 0, columns);
        expect(textWidth(text)).to.be.at.most(columns);
      }
    }
  });

  describe('on a stream', () => {
    let clock: sinon.SinonFakeTimers;
    beforeEach(() => (clock = sinon.useFakeTimers()));
    afterEach(() => clock.restore());

    it('should draw seldom, and clear its line', () => {
      const write = sinon.spy();
      const bar = new ProgressBar({ isTTY: true, columns: 60, write }, 'x');
      for (let i = 0; i < 1_000; i++) {
        bar.update({ share: i / 1_000 });
        clock.tick(1);
      }
      expect(write.callCount).to.be.within(10, 15);
      bar.clear();
      expect(write.lastCall.args).to.deep.equal(['\r\x1b[K']);
      bar.clear();
      expect(write.lastCall.args, 'it was cleared already').to.deep.equal(['\r\x1b[K']);
    });

    it('should write nothing where there is no terminal', () => {
      const write = sinon.spy();
      const bar = new ProgressBar({ isTTY: false, columns: 60, write }, 'x');
      bar.update({ share: 0.5 });
      bar.clear();
      expect(write.called).to.equal(false);
    });
  });
});

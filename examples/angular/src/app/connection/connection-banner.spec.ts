import { TestBed } from '@angular/core/testing';
import { backoff } from 'tortoise-rx';
import { provideMqttTesting } from 'tortoise-rx/angular';
import { testBroker } from 'tortoise-rx/testing';
import { House } from '../house/house';
import { ConnectionBanner } from './connection-banner';

describe('ConnectionBanner', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  it('should count down to the next attempt, and be gone when there is a connection', async () => {
    const broker = testBroker();
    const retryWhen = backoff({ min: 5_000, jitter: 0 });
    TestBed.configureTestingModule({ providers: [provideMqttTesting(broker, { retryWhen })] });
    TestBed.inject(House);
    const fixture = TestBed.createComponent(ConnectionBanner);
    const page = fixture.nativeElement as HTMLElement;
    const shown = () => {
      fixture.detectChanges();
      return page.textContent!.trim().replace(/\s+/g, ' ');
    };

    await broker.settled();
    expect(shown()).toBe('');

    const trouble = broker.unreachable();
    broker.drop();
    await broker.settled();
    expect(shown()).toContain('Next attempt in 5 s');
    await vi.advanceTimersByTimeAsync(2_000);
    expect(shown()).toContain('Next attempt in 3 s');
    await vi.advanceTimersByTimeAsync(3_000);
    expect(shown()).toContain('Next attempt in 10 s');

    trouble.unsubscribe();
    page.querySelector('button')!.click();
    await vi.advanceTimersByTimeAsync(0);
    await broker.settled();
    expect(shown()).toBe('');
  });
});

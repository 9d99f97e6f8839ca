import { ChangeDetectionStrategy, Component, computed } from '@angular/core';
import type { ClientState } from 'tortoise-rx';
import { connectionSignal } from 'tortoise-rx/angular';

const WORDS: Readonly<Record<ClientState['status'], string>> = {
  idle: 'Not connected',
  connecting: 'Connecting',
  online: 'Live',
  waiting: 'No connection',
  closing: 'Closing',
  suspended: 'Logged out',
  closed: 'Given up',
};

/** Says in a word where the connection stands. */
@Component({
  selector: 'app-connection-chip',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `<span [class]="connection().status"><i aria-hidden="true"></i>{{ words() }}</span>`,
  styles: `
    span {
      display: inline-flex;
      align-items: center;
      gap: 0.5rem;
      padding: 0.3rem 0.75rem;
      font-size: 0.85rem;
      white-space: nowrap;
      background: var(--raised);
      border-radius: 2rem;
    }

    i {
      width: 0.55rem;
      height: 0.55rem;
      background: var(--muted);
      border-radius: 50%;
    }

    .online i {
      background: var(--good);
      box-shadow: 0 0 0 3px color-mix(in srgb, var(--good) 25%, transparent);
    }

    .connecting i,
    .waiting i {
      background: var(--warn);
    }

    .closed i {
      background: var(--bad);
    }
  `,
})
export class ConnectionChip {
  protected readonly connection = connectionSignal();
  protected readonly words = computed(() => WORDS[this.connection().status]);
}

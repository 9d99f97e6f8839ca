import { ChangeDetectionStrategy, Component, computed, inject } from '@angular/core';
import { toSignal } from '@angular/core/rxjs-interop';
import { EMPTY, catchError } from 'rxjs';
import { connectionSignal, injectMqtt } from 'tortoise-rx/angular';
import { ConnectionChip } from '../connection/connection-chip';
import { AgoPipe } from '../house/ago-pipe';
import { Clock } from '../house/clock';
import { PublishForm } from './publish-form';
import { THEMES, Theme } from './theme';

/** How the application looks, how its connection is, and a form to send any message. */
@Component({
  selector: 'app-settings',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [AgoPipe, ConnectionChip, PublishForm],
  templateUrl: './settings.html',
  styleUrl: './settings.css',
})
export class Settings {
  readonly #client = injectMqtt();
  protected readonly now = inject(Clock).now;
  protected readonly theme = inject(Theme);
  protected readonly themes = THEMES;
  protected readonly state = connectionSignal();
  /** What the broker said when it let us in. A fatal error is the banner's to tell. */
  protected readonly connection = toSignal(this.#client.connection$.pipe(catchError(() => EMPTY)));
  readonly #metrics = toSignal(this.#client.metrics$(1_000));
  protected readonly counts = computed(() => {
    const total = this.#metrics()?.total;
    return total && { in: sum(total.messagesIn), out: sum(total.messagesOut), reconnects: total.reconnects };
  });

  protected reconnect(): void {
    this.#client.reconnect().subscribe({ error: () => undefined }); // the banner says why
  }
}

function sum(byQoS: Readonly<Record<0 | 1 | 2, number>>): number {
  return byQoS[0] + byQoS[1] + byQoS[2];
}

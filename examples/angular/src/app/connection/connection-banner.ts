import { ChangeDetectionStrategy, Component, computed } from '@angular/core';
import { connectionSignal, injectMqtt } from 'tortoise-rx/angular';

/** Says that there is no connection, why, and when the next attempt is made. There is nothing to see while all is well. */
@Component({
  selector: 'app-connection-banner',
  changeDetection: ChangeDetectionStrategy.OnPush,
  templateUrl: './connection-banner.html',
  styleUrl: './connection-banner.css',
})
export class ConnectionBanner {
  readonly #client = injectMqtt();
  // docs: connection
  protected readonly connection = connectionSignal();

  protected readonly trouble = computed(() => {
    const state = this.connection();
    if (state.status === 'waiting') return { title: 'The house is out of reach.', cause: state.cause.message };
    if (state.status === 'connecting' && state.attempt > 1) return { title: 'The house is out of reach.' };
    if (state.status === 'closed' && state.cause) return { title: 'Given up.', cause: state.cause.message };
    return undefined;
  });
  // docs: end

  protected tryNow(): void {
    this.#client.reconnect().subscribe({ error: () => undefined }); // the banner says why
  }
}

import { ChangeDetectionStrategy, Component, signal } from '@angular/core';
import { FormsModule } from '@angular/forms';
import type { QoS } from 'tortoise-rx';
import { publishAction } from 'tortoise-rx/angular';

/** Sends any text to any topic. */
@Component({
  selector: 'app-publish-form',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [FormsModule],
  templateUrl: './publish-form.html',
  styleUrl: './publish-form.css',
})
export class PublishForm {
  protected readonly topic = signal('house/kitchen/hub/status');
  protected readonly payload = signal('all is well');
  protected readonly qos = signal<QoS>(1);
  protected readonly retain = signal(false);

  /** A topic that is none, or that the broker refuses, is an `error`; nothing is checked here. */
  protected readonly publish = publishAction(() => ({
    topic: this.topic(),
    payload: this.payload(),
    qos: this.qos(),
    retain: this.retain(),
  }));
}

import { ChangeDetectionStrategy, Component, inject } from '@angular/core';
import { RouterLink, RouterLinkActive, RouterOutlet } from '@angular/router';
import { Login } from './account/login';
import { Session } from './account/session';
import { ConnectionBanner } from './connection/connection-banner';
import { ConnectionChip } from './connection/connection-chip';
import { House } from './house/house';
import { Theme } from './settings/theme';

/** What is around each page. */
@Component({
  selector: 'app-root',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [ConnectionBanner, ConnectionChip, Login, RouterLink, RouterLinkActive, RouterOutlet],
  templateUrl: './app.html',
  styleUrl: './app.css',
})
export class App {
  protected readonly session = inject(Session);

  constructor() {
    // Listens from the first page on, whichever that is.
    inject(House);
    inject(Theme);
  }
}

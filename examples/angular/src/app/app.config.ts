import { type ApplicationConfig, DOCUMENT, inject, provideBrowserGlobalErrorListeners } from '@angular/core';
import { provideClientHydration, withEventReplay } from '@angular/platform-browser';
import { provideRouter, withComponentInputBinding, withViewTransitions } from '@angular/router';
import { backoff, isFatal } from 'tortoise-rx';
import { provideMqtt } from 'tortoise-rx/angular';
import { Credentials, isRefused } from './account/credentials';
import { routes } from './app.routes';
import { changeDetection } from './changeDetection';

export const appConfig: ApplicationConfig = {
  providers: [
    changeDetection,
    provideBrowserGlobalErrorListeners(),
    provideRouter(routes, withComponentInputBinding(), withViewTransitions({ skipInitialTransition: true })),
    provideClientHydration(withEventReplay()),
    // docs: providing
    provideMqtt(brokerUrl, () => {
      const credentials = inject(Credentials);
      return {
        protocolVersion: 'auto',
        // Asked again at every attempt, so that who logs in next is not who logged in first.
        username: () => credentials.current()?.name,
        password: () => credentials.current()?.password,
        // A wrong password ends nothing here: `Session` suspends the client until somebody logs in again.
        retryWhen: backoff({ max: 15_000, isRetryable: (error) => isRefused(error) || !isFatal(error) }),
      };
    }),
    // docs: end
  ],
};

/** The broker is behind the server that the page comes from, at `/mqtt`: see `server.ts` and `proxy.json`. */
function brokerUrl(): string {
  const url = new URL('mqtt', inject(DOCUMENT).baseURI);
  url.protocol = url.protocol.replace('http', 'ws');
  return url.href;
}

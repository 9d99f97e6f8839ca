import { TestBed } from '@angular/core/testing';
import { Session } from '../app/account/session';

/** Logs somebody in: without, there is no connection. A test broker lets everybody in, unless it is told otherwise. */
export function logIn(): void {
  TestBed.inject(Session).logIn({ name: 'ada', password: 'lovelace' });
}

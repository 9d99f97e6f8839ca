import { ChangeDetectionStrategy, Component, type ElementRef, effect, inject, signal, viewChild } from '@angular/core';
import { FormsModule } from '@angular/forms';
import { connectionSignal } from 'tortoise-rx/angular';
import { Session } from './session';

/** Asks who is there, in front of the rooms, for as long as nobody is logged in. */
@Component({
  selector: 'app-login',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [FormsModule],
  templateUrl: './login.html',
  styleUrl: './login.css',
})
export class Login {
  protected readonly session = inject(Session);
  protected readonly connection = connectionSignal();
  protected readonly name = signal('ada');
  protected readonly password = signal('');
  private readonly dialog = viewChild.required<ElementRef<HTMLDialogElement>>('dialog');

  constructor() {
    effect(() => {
      const dialog = this.dialog().nativeElement;
      const status = this.session.status();
      if (status === 'logged in') dialog.close();
      if (status === 'logged out' && !dialog.open) dialog.showModal();
    });
  }

  protected submit(): void {
    this.session.logIn({ name: this.name(), password: this.password() });
    this.password.set('');
  }
}

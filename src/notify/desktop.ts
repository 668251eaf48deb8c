/** A bubble on the desktop the worker runs on, by `notify-send` (freedesktop.org); only where somebody works at that machine. */
import { createCommand } from './command.ts';
import { Undeliverable, type Transport } from './transport.ts';

export interface DesktopOptions {
  /** PATH and what leads to the session: DISPLAY or WAYLAND_DISPLAY, DBUS_SESSION_BUS_ADDRESS, XDG_RUNTIME_DIR. */
  env: Readonly<Record<string, string>>;
}

const hasSession = ({ env }: DesktopOptions): boolean => Boolean(env['DISPLAY'] ?? env['WAYLAND_DISPLAY'] ?? env['DBUS_SESSION_BUS_ADDRESS']);

export const createDesktop = (options: DesktopOptions): Transport => ({
  async send(delivery, signal) {
    if (!hasSession(options)) throw new Undeliverable('the worker runs without a desktop session (no DISPLAY, WAYLAND_DISPLAY or DBUS_SESSION_BUS_ADDRESS)');
    const urgency = delivery.notifications.some(({ breakpoint }) => breakpoint.priority === 'high') ? 'critical' : 'normal';
    const [title = '', ...body] = delivery.text.split('\n');
    // The text is after `--`: what an agent wrote is never an option.
    await createCommand({ command: ['notify-send', '--app-name=Holdpoint', `--urgency=${urgency}`, '--', title, body.join('\n')], env: options.env }).send(delivery, signal);
  },
});

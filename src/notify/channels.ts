/** The channels of the configuration, with what carries them. */
import type { ChannelRule } from '../domain/notification.ts';
import type { ChannelSettings, TransportSettings } from '../domain/notify-config.ts';
import type { CredentialSource } from '../domain/plan.ts';
import { createCommand } from './command.ts';
import { createDesktop } from './desktop.ts';
import type { Transport } from './transport.ts';
import { createWebhook } from './webhook.ts';

export type { Transport } from './transport.ts';
export { Undeliverable } from './transport.ts';

export interface Channel {
  rule: ChannelRule;
  transport: Transport;
}

export interface ChannelsOptions {
  /** Reads a secret kept on this machine; throws `secret_missing` where there is none. */
  resolve: (source: CredentialSource) => string;
  /** Of this process: commands are given only what they need of it. */
  env: Readonly<Record<string, string | undefined>>;
}

const FOR_COMMANDS = ['PATH', 'HOME', 'USER', 'LANG', 'LC_ALL', 'TMPDIR', 'TZ'];
const FOR_DESKTOP = [...FOR_COMMANDS, 'DISPLAY', 'WAYLAND_DISPLAY', 'XAUTHORITY', 'DBUS_SESSION_BUS_ADDRESS', 'XDG_RUNTIME_DIR'];

const pick = (env: ChannelsOptions['env'], names: string[]): Record<string, string> =>
  Object.fromEntries(names.flatMap((name) => {
    const value = env[name];
    return value === undefined ? [] : [[name, value]];
  }));

function transportOf(settings: TransportSettings, { resolve, env }: ChannelsOptions): Transport {
  switch (settings.kind) {
    case 'webhook': {
      const url = typeof settings.url === 'string' ? settings.url : resolve(settings.url);
      return createWebhook({ url, secret: settings.secret && resolve(settings.secret) });
    }
    case 'command':
      return createCommand({ command: settings.command, env: pick(env, FOR_COMMANDS) });
    case 'desktop':
      return createDesktop({ env: pick(env, FOR_DESKTOP) });
  }
}

/** Throws `secret_missing`. Nothing is sent. */
export const createChannels = (settings: readonly ChannelSettings[], options: ChannelsOptions): Channel[] =>
  settings.map(({ transport, ...rule }) => ({ rule, transport: transportOf(transport, options) }));

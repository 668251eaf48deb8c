/** A POST of JSON, signed as Standard Webhooks 1.0 say (https://www.standardwebhooks.com): headers webhook-id, -timestamp, -signature. */
import { Webhook } from 'standardwebhooks';
import { Undeliverable, type Transport } from './transport.ts';

export interface WebhookOptions {
  url: string;
  /** Base64, with or without `whsec_`; null: not signed. */
  secret: string | null;
}

const TIMEOUT_MS = 15_000;

/** What a server says about itself; anything else of 400 to 499 is about the request, and stays. */
const TEMPORARY = new Set([408, 425, 429]);

function signed({ secret }: WebhookOptions, id: string, body: string): Record<string, string> {
  const at = new Date();
  const headers = { 'webhook-id': id, 'webhook-timestamp': String(Math.floor(at.getTime() / 1000)) };
  return secret === null ? headers : { ...headers, 'webhook-signature': new Webhook(secret).sign(id, at, body) };
}

const isFinal = (status: number): boolean => status >= 300 && status < 500 && !TEMPORARY.has(status);

/** Redirects are not followed: the body would go where nobody has said it may. The address is in no message: it may be a secret. */
export const createWebhook = (options: WebhookOptions): Transport => ({
  async send(delivery, signal) {
    const body = JSON.stringify(delivery);
    const response = await fetch(options.url, {
      method: 'POST', body, redirect: 'manual', signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
      headers: { 'content-type': 'application/json', 'user-agent': 'holdpoint', ...signed(options, delivery.id, body) },
    }).catch((error: unknown) => {
      signal.throwIfAborted();
      throw new Error(`the webhook cannot be reached: ${reasonOf(error)}`);
    });
    await response.body?.cancel();
    if (isFinal(response.status)) throw new Undeliverable(`the webhook answered ${response.status}`);
    if (!response.ok) throw new Error(`the webhook answered ${response.status}`);
  },
});

function reasonOf(error: unknown): string {
  const { code } = ((error as Error).cause ?? {}) as { code?: unknown };
  if (typeof code === 'string') return code;
  return (error as Error).name === 'TimeoutError' ? `no answer within ${TIMEOUT_MS / 1000} s` : 'the request failed';
}

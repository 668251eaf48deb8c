/**
 * What workflow code reads payloads with (named where the bundle is built). The SDK's own converter throws on an encoding it
 * does not know; anybody can send one (the Web UI offers `json/protobuf`), and the workflow task would fail for ever.
 */
import { defaultPayloadConverter, type Payload, type PayloadConverter } from '@temporalio/common';

function fromPayload<T>(payload: Payload): T {
  try {
    return defaultPayloadConverter.fromPayload<T>(payload);
  } catch (error) {
    // A text is a valid payload of nothing we know, so it is refused with these words where it was sent to.
    return `unreadable payload: ${error instanceof Error ? error.message : String(error)}` as T;
  }
}

export const payloadConverter: PayloadConverter = {
  toPayload: (value) => defaultPayloadConverter.toPayload(value),
  fromPayload,
};

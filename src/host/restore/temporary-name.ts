/** Names of files that are written beside those they will replace: known again when their program was killed. */
import { randomBytes } from 'node:crypto';

const NAME = /(^|\/)\.holdpoint-restore-[0-9a-f]{24}$/;

export const temporaryName = (): string => `.holdpoint-restore-${randomBytes(12).toString('hex')}`;

/** Of a path or a name. */
export const isTemporary = (path: string): boolean => NAME.test(path);

/** Puts a transcript back that is gone: part by part into a file beside, which takes its name when its hash is right. */
import { closeSync, constants, fstatSync, fsyncSync, ftruncateSync, linkSync, openSync, unlinkSync, writeSync } from 'node:fs';
import type { WriteSession, WrittenSession } from '../../domain/host-sessions.ts';
import { errorCode, HostError } from '../host-error.ts';
import { hashOf } from './read-session.ts';
import { checkSessionFile, inside, withSessionFile, withSessionFolder, withSubfolder, type SessionRoots } from './session-folder.ts';

const HASH = /^[0-9a-f]{64}$/;
const PART = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** May be repeated, part by part. A file that is there is never written over. Throws `bad_input`. */
export function writeSession(roots: SessionRoots, p: WriteSession): WrittenSession {
  checkSessionFile(p.file);
  if (!HASH.test(p.sha256)) throw new HostError('bad_input', 'sha256 is not a hash');
  return withSessionFolder(roots, p.file, true, (folder) => {
    if (folder === undefined) throw new HostError('bad_input', 'the folder of the sessions cannot be opened: there is a link or a file in its place');
    if (withSessionFile(folder, p.file, (fd) => fd !== undefined)) return { state: 'there' };
    return withSubfolder(folder, p.file.subfolder, (subfolder) => {
      if (subfolder === undefined) throw new HostError('bad_input', `${p.file.subfolder} cannot be opened: there is a link or a file in its place`);
      return writePart(subfolder, p);
    });
  });
}

function writePart(folder: number, { file, offset, data, size, sha256 }: WriteSession): WrittenSession {
  const beside = inside(folder, `.${file.name}.${sha256.slice(0, 12)}.part`);
  const fd = openSync(beside, PART, 0o600);
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile() || stat.nlink !== 1) throw new HostError('bad_input', 'something else is in the place of the part');
    if (stat.size < offset) throw new HostError('bad_input', `the part begins at ${offset}, but only ${stat.size} bytes are there`);
    const bytes = Buffer.from(data, 'base64');
    ftruncateSync(fd, offset);
    for (let done = 0; done < bytes.length;) done += writeSync(fd, bytes, done, bytes.length - done, offset + done);
    if (offset + bytes.length < size) return { state: 'more' };
    if (hashOf(fd, offset + bytes.length) !== sha256) throw damaged(beside);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  return takeName(beside, inside(folder, file.name));
}

function damaged(beside: string): HostError {
  unlinkSync(beside);
  return new HostError('bad_input', 'the transcript has another hash than it should: it was not put back');
}

function takeName(beside: string, file: string): WrittenSession {
  try {
    linkSync(beside, file);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
    return { state: 'there' };
  } finally {
    unlinkSync(beside);
  }
  return { state: 'written' };
}

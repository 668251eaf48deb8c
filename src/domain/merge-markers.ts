/** How a file says that two sides have changed it: the names of both stand beside git's markers. Package-free. */

export const SIDE_OF_WORKTREE = 'in-the-worktree';
export const SIDE_OF_WORKSPACE = 'in-the-workspace';

const MARKERS = new RegExp(`^(<{7} ${SIDE_OF_WORKTREE}|>{7} ${SIDE_OF_WORKSPACE})\\r?$`, 'm');

/** Nobody has decided yet. */
export const hasMarkers = (text: string): boolean => MARKERS.test(text);

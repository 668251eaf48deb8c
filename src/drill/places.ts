/** Folders and addresses of one drill: everything it makes lies below two folders of its own, one here and one on the host. */

export interface DrillPlaces {
  /** Begins with `drill-`; in ids of projects, in queues and in run keys. */
  id: string;
  /** Here; removed at the end. */
  dir: string;
  /** On the host; removed at the end. */
  hostDir: string;
}

/** The faults of one drill run side by side and share nothing: each has a project, queues, and folders on the host. */
export interface FaultPlaces {
  project: string;
  queue: string;
  workspace: string;
  stateDir: string;
}

export const faultPlaces = ({ id, hostDir }: DrillPlaces, fault: string): FaultPlaces => ({
  project: `${id}-${fault}`, queue: `${id}-${fault}`, workspace: `${hostDir}/${fault}/workspace`, stateDir: `${hostDir}/${fault}/state`,
});

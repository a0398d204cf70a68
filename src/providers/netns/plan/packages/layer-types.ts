/** What installed packages add to machines; a folder of the cache, in which all files belong to this user. */
export interface PackageLayer {
  /** What it was made from, as hexadecimal digits. */
  readonly key: string;
  /** Absolute path. */
  readonly folder: string;
  /** The folders in it: `usr`, `etc`, `var`, `opt`, …, and `dpkg` and `apt`, which are folders of /var/lib. */
  readonly names: readonly string[];
  /** What belongs to others than root, by its path in the layer. */
  readonly owners: readonly OwnedPath[];
  /** Lines of passwd(5) and group(5). */
  readonly accounts: AddedAccounts;
}

export interface OwnedPath {
  readonly path: string;
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
}

export interface AddedAccounts {
  readonly passwd: readonly string[];
  readonly group: readonly string[];
}

/** A layer in the making: what is written on the machine goes into the folder `up` of `folder`. */
export interface LayerInTheMaking {
  /** Absolute path of a folder with the folders `up` and `work`. */
  readonly folder: string;
  /** Absolute path of a folder that the machine sees as `ARCHIVES`. */
  readonly archives: string;
}

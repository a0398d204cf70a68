import { say } from '../../../core/language/say.ts';

/** Where an image comes from. */
export interface ImageSource {
  /** By Node's name of the architecture. */
  readonly url: Readonly<Partial<Record<string, string>>>;
  /** File of lines `hash  name` or `hash *name` in the folder of the image, as sha256sum(1) writes it. */
  readonly checksums: string;
  readonly description: string;
}

function ubuntu(codename: string, version: string): ImageSource {
  const base = `https://cloud-images.ubuntu.com/releases/${codename}/release`;
  const file = (architecture: string): string => `${base}/ubuntu-${version}-server-cloudimg-${architecture}.img`;
  return {
    url: { x64: file('amd64'), arm64: file('arm64') },
    checksums: `${base}/SHA256SUMS`,
    description: say`Ubuntu Server ${version} LTS cloud image`,
  };
}

/** Of the machines that our emulator makes, whatever the processor of this host is; by Node's name. */
export const GUEST_ARCHITECTURE = 'x64';

/** What a machine is made from whose file names no image. */
export const DEFAULT_IMAGE = 'ubuntu-24.04';

/** Images that `image:` of lab.yaml may name. */
export const imageTable: Readonly<Record<string, ImageSource>> = {
  [DEFAULT_IMAGE]: ubuntu('noble', '24.04'),
  'ubuntu-22.04': ubuntu('jammy', '22.04'),
};

/** Bytes of a sector (ECMA-119, 6.1.2). */
const SECTOR_SIZE = 2048;
/** Sectors 0 to 15 are the system area; the descriptors, two path tables and the root folder follow. */
const sectors = {
  primaryDescriptor: 16,
  terminator: 17,
  littlePathTable: 18,
  bigPathTable: 19,
  root: 20,
  firstFile: 21,
} as const;

/**
 * A read-only disk image of a few small files in one folder (ECMA-119, which ISO 9660 repeats), as cloud-init's NoCloud
 * source wants it. Pure: the same files at the same time give the same bytes.
 */
export function isoImage(volume: string, files: ReadonlyMap<string, string>, now: Date): Buffer {
  const placed = placeFiles(files);
  const last = placed.at(-1);
  const sectorCount = last === undefined ? sectors.firstFile : last.sector + sectorsOf(last.content);
  const image = Buffer.alloc(sectorCount * SECTOR_SIZE);
  const at = (sector: number): Buffer => image.subarray(sector * SECTOR_SIZE);
  const root = { sector: sectors.root, sizeBytes: SECTOR_SIZE, isFolder: true };
  const self = directoryRecord({ ...root, name: Buffer.from([0]) }, now);
  const parent = directoryRecord({ ...root, name: Buffer.from([1]) }, now);
  const records = placed.map(({ name, sector, content }) =>
    directoryRecord({ name: Buffer.from(name, 'latin1'), sector, sizeBytes: content.length, isFolder: false }, now),
  );
  const folder = Buffer.concat([self, parent, ...records]);
  if (folder.length > SECTOR_SIZE) throw new RangeError('the files of a seed must fit into one folder of one sector');
  writePrimaryDescriptor(at(sectors.primaryDescriptor), { volume, sectorCount, rootRecord: self, now });
  Buffer.from([255, ...Buffer.from('CD001'), 1]).copy(at(sectors.terminator));
  Buffer.from([1, 0, sectors.root, 0, 0, 0, 1, 0, 0, 0]).copy(at(sectors.littlePathTable));
  Buffer.from([1, 0, 0, 0, 0, sectors.root, 0, 1, 0, 0]).copy(at(sectors.bigPathTable));
  folder.copy(at(sectors.root));
  for (const { sector, content } of placed) content.copy(at(sector));
  return image;
}

interface PlacedFile {
  readonly name: string;
  readonly sector: number;
  readonly content: Buffer;
}

/** Names get the version number of ECMA-119, 7.5; Linux takes it off again and makes them lower case. */
function placeFiles(files: ReadonlyMap<string, string>): PlacedFile[] {
  let sector: number = sectors.firstFile;
  return [...files]
    .map(([name, text]) => ({ name: `${name.toUpperCase()};1`, content: Buffer.from(text) }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, content }) => {
      const placed = { name, sector, content };
      sector += sectorsOf(content);
      return placed;
    });
}

function sectorsOf(content: Buffer): number {
  return Math.max(1, Math.ceil(content.length / SECTOR_SIZE));
}

interface DirectoryEntry {
  readonly name: Buffer;
  readonly sector: number;
  readonly sizeBytes: number;
  readonly isFolder: boolean;
}

/** ECMA-119, 9.1. */
function directoryRecord({ name, sector, sizeBytes, isFolder }: DirectoryEntry, now: Date): Buffer {
  const record = Buffer.alloc(33 + name.length + (name.length % 2 === 0 ? 1 : 0));
  record[0] = record.length;
  bothEndian32(sector).copy(record, 2);
  bothEndian32(sizeBytes).copy(record, 10);
  Buffer.from([
    now.getUTCFullYear() - 1900,
    now.getUTCMonth() + 1,
    now.getUTCDate(),
    now.getUTCHours(),
    now.getUTCMinutes(),
    now.getUTCSeconds(),
    0,
  ]).copy(record, 18);
  record[25] = isFolder ? 2 : 0;
  bothEndian16(1).copy(record, 28);
  record[32] = name.length;
  name.copy(record, 33);
  return record;
}

interface DescriptorParts {
  readonly volume: string;
  readonly sectorCount: number;
  readonly rootRecord: Buffer;
  readonly now: Date;
}

/** ECMA-119, 8.4; offsets are those of its table, less one. */
function writePrimaryDescriptor(sector: Buffer, { volume, sectorCount, rootRecord, now }: DescriptorParts): void {
  sector[0] = 1;
  sector.write('CD001', 1, 'latin1');
  sector[6] = 1;
  sector.fill(' ', 8, 72);
  sector.write(volume, 40, 'latin1');
  bothEndian32(sectorCount).copy(sector, 80);
  bothEndian16(1).copy(sector, 120);
  bothEndian16(1).copy(sector, 124);
  bothEndian16(SECTOR_SIZE).copy(sector, 128);
  bothEndian32(10).copy(sector, 132);
  sector.writeUInt32LE(sectors.littlePathTable, 140);
  sector.writeUInt32BE(sectors.bigPathTable, 148);
  rootRecord.copy(sector, 156);
  sector.fill(' ', 190, 813);
  const digits = now.toISOString().replaceAll(/\D/g, '').slice(0, 16);
  for (const offset of [813, 830]) sector.write(digits, offset, 'latin1');
  for (const offset of [847, 864]) sector.write('0'.repeat(16), offset, 'latin1');
  sector[881] = 1;
}

function bothEndian16(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt16LE(value, 0);
  bytes.writeUInt16BE(value, 2);
  return bytes;
}

function bothEndian32(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32LE(value, 0);
  bytes.writeUInt32BE(value, 4);
  return bytes;
}

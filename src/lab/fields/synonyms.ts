/** What each of our fields is called in other tools, or by a person in a hurry. */
const otherNames: Readonly<Record<string, readonly string[]>> = {
  address: ['ip', 'addr', 'ipv4'],
  author: ['authors', 'student', 'students', 'name'],
  command: ['cmd', 'run', 'exec', 'args', 'entrypoint'],
  cpus: ['cpu', 'vcpus', 'cores'],
  encoding: ['charset', 'codepage', 'encode'],
  disk: ['storage'],
  env: ['environment', 'variables'],
  'file-size': ['fsize'],
  files: ['file', 'copy', 'src'],
  host: ['hostname', 'server'],
  image: ['os', 'system', 'box'],
  interfaces: ['nics', 'nic', 'links'],
  key: ['identity', 'identityfile', 'private_key'],
  lang: ['language', 'locale'],
  listens: ['port', 'listen'],
  machines: ['hosts', 'vms', 'nodes'],
  memory: ['ram', 'mem'],
  network: ['net'],
  networks: ['nets'],
  on: ['machine', 'vm', 'node', 'host'],
  'open-files': ['nofile', 'files'],
  processes: ['pids', 'procs', 'nproc', 'max_processes'],
  publish: ['ports', 'expose', 'forward', 'published'],
  services: ['daemons', 'service'],
  subnet: ['cidr', 'range', 'network'],
  user: ['username', 'login', 'account'],
};

/** Other names of fields, and the fields that they may stand for. Edit distance alone would take `port` for `ports`. */
export const synonyms: ReadonlyMap<string, readonly string[]> = gather();

function gather(): Map<string, string[]> {
  const fields = new Map<string, string[]>();
  for (const [field, names] of Object.entries(otherNames)) {
    for (const name of names) fields.set(name, [...(fields.get(name) ?? []), field]);
  }
  return fields;
}

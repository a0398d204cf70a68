import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { speak } from '../../src/core/language/speak.ts';
import type { HostLook } from '../../src/walls/host-look.ts';

speak('fr');
after(() => speak('en'));
// Texts of modules are made when they are loaded.
const { formatWalls } = await import('../../src/cli/show/walls-text.ts');
const { plain } = await import('../../src/cli/show/style.ts');
const { askedWalls } = await import('../../src/walls/asked-walls.ts');
const { hostWalls } = await import('../../src/walls/host-walls.ts');
const { limitWalls } = await import('../../src/walls/limit-walls.ts');
const { neighbourWalls } = await import('../../src/walls/neighbour-walls.ts');
const { insideFacts, probeLines } = await import('../../src/walls/probe-facts.ts');

const host: HostLook = {
  bootId: 'boot-1',
  namespaces: new Map(['mnt', 'pid', 'net', 'ipc', 'uts', 'user'].map((name) => [name, `${name}:[1]`])),
  lastCapability: 40,
  uid: 1000,
  accounts: new Map([[1000, 'ada']]),
  addresses: ['127.0.0.1', '192.0.2.2'],
  samples: new Map([
    ['/usr', ['/usr/bin/ls']],
    ['/etc', ['/etc/fstab']],
    ['/opt', ['/opt/tool']],
  ]),
  secrets: ['/home/ada'],
};

/** What walls-probe.pl says of a machine, whose namespaces have that number. */
function probed(number: number): string {
  const refused = [
    'mount',
    'new namespaces',
    'namespaces of init',
    'trace init',
    'kernel keys',
    'BPF',
    'kernel modules',
    'restart',
    'swap',
    'io_uring',
    'kernel settings',
    'kernel memory',
    'higher priority',
    'device files',
  ];
  return [
    'uid\t0',
    'boot\tboot-1',
    ...['mnt', 'pid', 'net', 'ipc', 'uts', 'user'].map((name) => `namespace\t${name}\t${name}:[${number}]`),
    'status\tCapBnd\t00000000a00025fb',
    'status\tNoNewPrivs\t0',
    'limit\tMax processes\t512',
    'limit\tMax open files\t1024',
    'disk\t/\t65536',
    'device\tnull',
    'device\tzero',
    ...refused.map((call) => `tried\t${call}\tEPERM`),
    'tried\treal-time priority\tdone',
    'made\t/tmp\tdone',
  ].join('\n');
}

test('lab status --walls says in French what separates a machine, and what does not', () => {
  const [vm1, vm2] = [2, 3].map((number) => insideFacts(probeLines(probed(number)))) as [
    ReturnType<typeof insideFacts>,
    ReturnType<typeof insideFacts>,
  ];
  const questions = {
    host,
    stateFolder: '/srv/tp/.lab',
    port: 40_000,
    user: 'ildvm1',
    shown: [],
    isKernelOfHost: true,
  };
  const answers = probeLines(
    [
      'path\t/usr/bin/ls\tthere',
      'path\t/etc/fstab\tthere',
      'path\t/opt/tool\tabsent',
      'path\t/srv/tp/.lab\tabsent',
      'path\t/home/ada\tabsent',
      'connect\t127.0.0.1\trefused',
      'connect\t192.0.2.2\trefused',
      'connect\t169.254.169.254\tsilent',
      'mark\tvm2\tnone',
      'echo\tvm2\tdone',
    ].join('\n'),
  );
  const neighbour = { machine: 'vm2', mark: 'b', inside: vm2, address: '192.168.100.5', isNear: true };
  const walls = [
    ...hostWalls({ machine: 'vm1', inside: vm1, host, users: new Set([600_100_000]), mark: 'no-such-mark' }),
    ...askedWalls(questions, answers, false),
    ...limitWalls(vm1, { users: new Set(), memoryBytes: undefined }, true),
    ...neighbourWalls(vm1, [neighbour], answers),
  ];
  const open = walls.filter(({ state }) => state === 'open').length;
  assert.equal(
    formatWalls({ lab: 'tp', provider: 'netns', machines: [{ machine: 'vm1', walls }], open }, plain),
    `Ce qui sépare les machines de tp (netns), essayé maintenant :

vm1
  de cet hôte
    = noyau            c’est celui de cet hôte ; pour des programmes d’inconnus, le fournisseur qemu en a un par
                       machine
    ✔ utilisateurs     ses programmes, ceux de son root aussi, sont ici les utilisateurs 600100000, qui ne sont
                       aucun compte de cet hôte
    ✔ espaces de noms  processus, fichiers, réseau, utilisateurs, mémoire partagée et nom d’hôte : ce sont les
                       siens (autres inodes que ceux de cet hôte)
    = sudo             son utilisateur peut devenir root de la machine, et l’a fait
    ✔ droits           aucun programme n’obtient 29 des 41 droits de root : chargement de modules, matériel,
                       montage, redémarrage, horloge, fichiers de périphériques, compteurs de performance et
                       BPF, …
    ✔ appels système   refusé à root : montage, nouveaux espaces de noms, espaces de noms d’init, traçage
                       d’init, clés du noyau, BPF, modules du noyau, redémarrage, swap, io_uring, réglages du
                       noyau et mémoire du noyau
    ✖ priorité         OUVERT : pas refusé à root : priorité temps réel
    ✔ périphériques    elle a null et zero ; refusé à root : nouveaux fichiers de périphériques
    ✔ écriture         ce que root écrit dans /tmp n’est pas sur cet hôte
    = dossiers         elle voit /usr et /etc de cet hôte, pas /opt
    ✔ secrets          elle n’a pas /srv/tp/.lab, où sont les clés de lab, ni 1 dossier personnel ou socket de
                       cet hôte
    ✔ adresses         elle ne joint pas cet hôte à 127.0.0.1 et 192.0.2.2 (port 40000, ouvert pour cela)
    ✔ métadonnées      elle n’a pas de réponse de 169.254.169.254, où les clouds distribuent des clés
    ✔ limites          au plus 512 processus, 1024 fichiers ouverts par processus et un disque de 64 Mio
    ? mémoire          aucun groupe de contrôle de cet hôte ne la limite ; si lab le fait lui-même, « lab up »
                       le dit
  de ses voisines
    ✔ vue              elle ne voit aucun processus et aucun fichier de vm2 (un de chaque a été cherché)
    ✔ espaces de noms  processus, fichiers, réseau et mémoire partagée ne sont pas ceux de vm2
    = réseau           elle joint vm2 (sur le même réseau)

✔ tient   = partagé exprès   ? inconnu   ✖ ouvert
OUVERT : quelque chose est passé par une cloison.
`,
  );
});

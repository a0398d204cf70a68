import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { speak } from '../../src/core/language/speak.ts';
import type { HostSituation } from '../../src/host/situation/host-situation.ts';
import { findOnHost } from '../../src/host/tools.ts';
import type { Lab } from '../../src/lab/types.ts';
import type { Advice } from '../../src/providers/netns/rights/why-refused.ts';
import { runCli, temporaryFolder } from '../helpers/cli.ts';
import { ordinary } from './netns/ordinary-situation.ts';

speak('fr');
after(() => speak('en'));
// Texts of modules are made when they are loaded.
const { formatDoctor } = await import('../../src/cli/commands/lab/doctor.ts');
const { plain } = await import('../../src/cli/show/style.ts');
const { loadLab } = await import('../../src/lab/load-lab.ts');
const { limitsNotice } = await import('../../src/providers/netns/limit-words.ts');
const { keepLimits } = await import('../../src/providers/netns/machine-limits.ts');
const { whyRefused } = await import('../../src/providers/netns/rights/why-refused.ts');
const { planLab } = await import('../../src/providers/qemu/machine-plan.ts');
const { requireResources } = await import('../../src/providers/qemu/resources.ts');

async function labOf(machines: string): Promise<Lab> {
  using folder = temporaryFolder({
    'lab.yaml': `version: 1
networks: { n: { subnet: 192.168.100.0/24, nat: false } }
machines:
${machines}`,
  });
  const loaded = await loadLab(`${folder.path}/lab.yaml`, ['netns', 'qemu']);
  assert.ok('lab' in loaded);
  return loaded.lab;
}

/** What `lab doctor` shows of a host that refuses. */
function shownBy({ why, howToGet }: Advice): string {
  const requirement = { id: 'machine', description: 'machine', status: 'missing', found: why, howToGet } as const;
  return formatDoctor(
    { inUse: 'netns', providers: [{ provider: 'netns', usable: false, requirements: [requirement] }], fetched: [] },
    plain,
  );
}

const CLONE = 'clone: Operation not permitted';

describe('in French', () => {
  it('lab doctor says what is there, what lacks, and what to type', async () => {
    using home = temporaryFolder();
    const { stdout } = await runCli(['doctor'], {
      cwd: home.path,
      env: { LANG: 'fr_FR.UTF-8', LC_ALL: '', LC_MESSAGES: '', HOME: home.path, SSH_AUTH_SOCK: '' },
    });
    assert.match(stdout, /^netns \(utilisé\) : (?:pas )?prêt\n {2}ok {6}Linux sur x86-64 ou ARM64 : linux sur \w+\n/);
    assert.equal(
      stdout.slice(stdout.indexOf('ssh : ')),
      `ssh : prêt
  ok      client OpenSSH, pour lire ~/.ssh/config : ${findOnHost('ssh')}
  manque  une clé pour se connecter : pas de clé dans ~/.ssh et pas d’agent ; lab demande les mots de passe
            ssh-keygen -t ed25519
            ssh-copy-id USER@HOST
`,
    );
  });

  const situations: readonly [title: string, changes: Partial<HostSituation>, shown: string][] = [
    [
      'a student on Ubuntu',
      {
        reader: { isRoot: false, hasSudo: true, isAdministrator: false },
        switches: { ...ordinary.switches, appArmorRestricts: 1 },
        hasProfileForPerl: true,
      },
      `netns (utilisé) : pas prêt
  absent  machine : AppArmor n’a pas lu son profil /etc/apparmor.d/lab-perl
            # si sudo vous refuse, demandez à qui administre cet ordinateur de taper :
            sudo apparmor_parser -r /etc/apparmor.d/lab-perl
`,
    ],
    [
      'root in a container of Docker',
      {
        reader: { isRoot: true, hasSudo: false, isAdministrator: false },
        container: 'docker',
        isFiltered: true,
        appArmorProfile: 'docker-default',
      },
      `netns (utilisé) : pas prêt
  absent  machine : ce root n’a pas la capacité CAP_SYS_ADMIN, qui crée les espaces de noms : un conteneur ne l’a que sur demande
            # sur l’ordinateur qui héberge ce conteneur, ajoutez ces options à celles de son démarrage :
            docker run --cap-add SYS_ADMIN --security-opt apparmor=unconfined …
            # ou, sans les cloisons du conteneur : docker run --privileged …
`,
    ],
    [
      'what lab does not know',
      {},
      `netns (utilisé) : pas prêt
  absent  machine : le noyau refuse, et aucun réglage que lab connaît ne s’y oppose
            Utilisez --provider qemu, ou essayez : sudo lab up
`,
    ],
  ];
  for (const [title, changes, shown] of situations)
    it(`a refusal of the kernel has its reason and its cure: ${title}`, () => {
      assert.equal(shownBy(whyRefused(CLONE, { ...ordinary, ...changes })), shown);
    });

  it('a limit that this host keeps less strictly is said with what would keep it', async () => {
    const lab = await labOf(
      '  vm1: { address: 192.168.100.4, memory: 128M, cpus: 1 }\n  vm2: { address: 192.168.100.5 }\n',
    );
    const limits = keepLimits(lab, 'french', { groups: undefined, processors: [0, 1], totalMemoryMiB: 4000 });
    const hint =
      'Le noyau s’en charge là où cet utilisateur a des groupes de contrôle ; avec systemd : systemd-run --user --scope -p Delegate=yes lab up';
    assert.deepEqual(
      limitsNotice(lab, { groups: undefined, limits }).map((notice) => [notice.message, notice.hint]),
      [
        [
          'la mémoire de vm1 est limitée par lab lui-même : il regarde 50 fois par seconde, et termine le plus gros programme d’une machine qui en a davantage',
          hint,
        ],
        ['les cpus de vm1 sont des processeurs entiers, dont d’autres machines peuvent se servir aussi', hint],
      ],
    );
  });

  it('a lab that is too large for this host is refused with all that it lacks', async () => {
    const plan = planLab(await labOf('  vm1: { address: 192.168.100.4, memory: 900G, cpus: 4 }\n'));
    assert.throws(() => requireResources(plan, { memoryMiB: 1000, processors: 2, diskMiB: 2_000_000 }), {
      message:
        'cet hôte est trop petit pour le lab : les machines ont besoin de 921792 MiB de mémoire (vm1 921600 MiB, et 192 MiB chacune pour QEMU), 1000 MiB sont libres ; vm1 veut 4 processeurs, cet hôte en a 2',
      hint: 'Donnez moins aux machines (memory, cpus dans lab.yaml), arrêtez d’autres programmes, ou utilisez --provider netns, qui n’a besoin de presque rien.',
    });
  });
});

import { attempts } from './attempts-fr.ts';
import type { EndlessOutput, ProgramStatus } from '../../core/step-problem.ts';
import type { ListenWay } from '../../core/step-problem.ts';
import { crashedBy, endWords, failureWords, wholeSeconds } from './failure-words.ts';
import { packets } from './packets-fr.ts';
import { notations } from './notation.ts';

const { bytes: bytesText, duration, list, number } = notations.fr;

/** Which follows "se termine" and "s’est terminé". */
const end = (ended: ProgramStatus | number | string): string =>
  endWords(ended, {
    status: (code) => `avec le code ${code}`,
    signal: (name) => `par le signal ${name}`,
    unknown: 'avec un code inconnu',
  });

/** The same with what the signal of a crash means. */
const ended = (how: ProgramStatus): string => {
  const crash = crashedBy(how);
  return crash === undefined ? end(how) : `${end(how)} (${crashes[crash]})`;
};

/** How a sentence calls a limit of a machine. */
const limitWords = {
  memory: 'limite de mémoire',
  processes: 'limite de processus',
  'open-files': 'limite de fichiers ouverts',
  'file-size': 'limite de taille de fichier',
  disk: 'limite de disque',
} as const;

const crashes = {
  ABRT: 'il a abandonné : abort, ou une assertion fausse',
  BUS: 'il a utilisé de la mémoire d’une façon impossible',
  FPE: 'il a divisé par zéro',
  ILL: 'il a rencontré une instruction qui n’existe pas',
  PIPE: 'il a écrit sur une connexion que l’autre côté avait fermée',
  SEGV: 'il a utilisé de la mémoire qui n’est pas à lui',
} as const;

const ofPeers = (peers: readonly string[]): string => (peers.length === 0 ? '' : ` de ${list(peers)}`);

const again = (lines: number | undefined): string => {
  if (lines === undefined) return '';
  return lines === 1 ? ', toujours la même ligne' : `, toujours les ${lines} mêmes lignes`;
};

/** `UDP 7999`, `le port 7998`. */
const portText = ({ protocol, port }: { readonly protocol: 'tcp' | 'udp'; readonly port: number }): string =>
  `le port ${protocol.toUpperCase()} ${port}`;

/** What a program that listens, but not where it should, has done. */
const listening: Readonly<Record<ListenWay, string>> = {
  'loopback-only': ' seulement ; les autres machines ne peuvent pas l’atteindre',
  'other-address': ' seulement, et non sur les autres adresses de la machine',
  'ipv6-only': ' en IPv6 seulement ; un client IPv4 ne peut pas l’atteindre',
  'ipv4-only': ' en IPv4 seulement ; un client IPv6 ne peut pas l’atteindre',
  'other-protocol': '',
  'byte-swapped': ' : les deux octets du port sont inversés (htons manque)',
  'other-port': '',
  'system-chosen': ' : c’est le système qui l’a choisi (bind manque)',
  'not-yet': ' ; l’autre port n’est pas encore ouvert',
};

const printed = (text: string): string => (text === '' ? 'rien n’a été affiché' : `affiché : ${text}`);

const endless = ({ bytes, ms, lines }: EndlessOutput): string =>
  `affiche sans fin : ${bytesText(bytes)} en ${duration(ms)}${again(lines)}`;

/** Why a step failed, in French. */
export const french = failureWords({
  expected: {
    text: ({ role, pattern }) => `${pattern} sur le terminal de ${role}`,
    'any-text': ({ texts }) => texts.map(({ role, pattern }) => `${pattern} sur le terminal de ${role}`).join(' ou '),
    'no-text': ({ role, pattern, ms }) =>
      `que ${pattern} n’apparaisse pas sur le terminal de ${role} pendant ${duration(ms)}`,
    prompt: ({ role, pattern }) => `l’invite ${pattern} sur le terminal de ${role}`,
    input: ({ role }) => `que ${role} attende une ligne`,
    listen: ({ role, machine, protocol, port }) =>
      protocol === 'udp'
        ? `que ${role} ouvre le port UDP ${port} de ${machine}`
        : `que ${role} écoute sur le port ${port} de ${machine}`,
    end: ({ role, end: wanted }) => `que ${role} se termine ${end(wanted)}`,
    typed: ({ role, text }) => `que ${role} soit là pour ${JSON.stringify(text)}`,
    signal: ({ role, signal }) => `que ${role} soit là pour le signal ${signal}`,
    'command-end': ({ command, machine, end: wanted }) =>
      `que la commande « ${command} » sur ${machine} se termine ${end(wanted)}`,
    'command-output': ({ command, machine, pattern }) =>
      `${pattern} dans ce que la commande « ${command} » affiche sur ${machine}`,
    possible: ({ step }) => `que « ${step} » soit possible`,
    other: ({ text }) => text,
  },
  seen: {
    shown: ({ line }) => (line === undefined ? 'cela est apparu' : `cela est apparu : ${line}`),
    'ended-first': ({ role, end: how }) => `${role} s’est terminé avant, ${ended(how)}`,
    'ended-otherwise': ({ end: how, printed: text }) =>
      `cela s’est terminé ${ended(how)}${text === undefined ? '' : ` ; ${printed(text)}`}`,
    'printed-otherwise': ({ printed: text }) => printed(text),
    'listens-otherwise': ({ role, way, wanted, found }) => {
      const isElsewhere = found.port !== wanted.port || found.protocol !== wanted.protocol;
      const place = isElsewhere
        ? `${portText(found)} et non ${portText(wanted)}`
        : `${found.address.includes(':') ? `[${found.address}]` : found.address}:${found.port}`;
      if (found.protocol === 'udp') return `${role} a ouvert ${isElsewhere ? '' : 'UDP '}${place}${listening[way]}`;
      return `${role} écoute sur ${place}${listening[way]}`;
    },
    'in-vain': () => 'cela ne peut plus arriver',
    'asks-first': ({ role }) => `${role} attend une ligne au clavier et n’écoute pas : demande-t-il son port ?`,
    'not-asked': ({ role }) => `${role} ne demande pas de ligne`,
    'endless-output': ({ role, bytes, ms, lines }) => `${role} ${endless({ bytes, ms, lines })}`,
    'time-wait': ({ role, machine, port, endedMsAgo, end: how }) => {
      const since = endedMsAgo === undefined ? 'récemment' : `il y a ${duration(wholeSeconds(endedMsAgo))}`;
      const place = `le port ${port} de ${machine} était encore en TIME_WAIT, pour une connexion terminée ${since}`;
      return how === undefined
        ? `${place} : bind obtiendrait « Address already in use »`
        : `${place} ; le bind de ${role} a échoué, et il s’est terminé ${ended(how)}`;
    },
    other: ({ text }) => text,
  },
  packets,
  nothing: {
    text: 'ce texte n’est pas apparu',
    'any-text': 'aucun n’est apparu',
    'no-text': 'cela est apparu',
    prompt: 'elle n’est pas apparue',
    input: 'il ne l’a pas fait',
    listen: 'il ne l’a pas fait',
    end: 'il ne s’est pas terminé',
    typed: 'sa machine ne l’a pas pris',
    signal: 'sa machine ne l’a pas pris',
    'command-end': 'elle ne s’est pas terminée',
    'command-output': 'ce texte n’est pas apparu',
    packets: 'cela n’est pas arrivé',
    possible: 'ce n’était pas possible',
    other: 'cela n’est pas arrivé',
  },
  within: (limitMs) => `en ${duration(limitMs)}`,
  hint: {
    'used-up': ({ role, pattern }) =>
      `${role === undefined || pattern === undefined ? 'Ce texte' : `Le texte ${pattern} de ${role}`} est bien là, ` +
      'mais c’est l’écho de ce qui a été tapé, ou une étape expect précédente l’a déjà utilisé.',
    'lines-dropped': ({ lines }) => `Les ${lines} premières lignes ne sont plus conservées ; il y était peut-être.`,
    'prompt-answered': () => 'On a déjà répondu à l’invite affichée : chaque ligne envoyée demande sa propre invite.',
    'command-not-found': ({ machine, command }) =>
      'Le code 127 signifie le plus souvent qu’une commande est introuvable. ' +
      `À essayer à la main : lab exec ${machine} -- ${command}`,
    'program-folder': ({ program, file, step }) =>
      `${file} se trouve dans le dossier de ${program}, mais les commandes s’exécutent dans le dossier personnel. ` +
      `Écrire : ${step}`,
    'time-wait': ({ role, machine, isBarredToAll, remainingMs, canBeFresh }) => {
      const wait = remainingMs === undefined ? 'jusqu’à 60 s' : duration(wholeSeconds(remainingMs));
      const cure = isBarredToAll
        ? 'Le serveur précédent n’avait pas activé SO_REUSEADDR. À activer avant bind (setsockopt) : le port est alors ' +
          `libre aussitôt après un tel serveur. D’ici là, attendre ${wait}`
        : `${role} n’active pas SO_REUSEADDR avant bind (setsockopt ; après bind, c’est trop tard). Ou attendre ${wait}`;
      const fresh = canBeFresh ? ', ou jouer sur des machines neuves : lab run --fresh' : '';
      return `${machine} a fermé cette connexion en premier, donc son noyau s’en souvient une minute. ${cure}${fresh}.`;
    },
    'interpreter-missing': ({ machine, command, instead }) =>
      `${command} n’existe pas sur ${machine}, mais ${instead} y est : écrire command: [${instead}, …].`,
    'hidden-command': ({ machine, command, place, folders }) =>
      `${command} est dans ${place} de cet hôte, que les machines ne voient pas : ` +
      `ajouter host-folders: [${folders}] à ${machine}, puis lab up --recreate.`,
    'windows-line-ends': ({ file }) =>
      `${file} a des fins de ligne Windows (CR LF). L’enregistrer avec des fins de ligne Unix (LF), ou lancer : ` +
      `sed -i 's/\\r$//' ${file}`,
    'file-unsent': ({ role, file }) =>
      `${file} se trouve dans le dossier de lab.yaml, mais ${role} ne le reçoit pas : l’ajouter à ses files.`,
    'module-missing': ({ language, machine, module }) =>
      `${machine} n’a pas de module ${module}. L’emporter : ` +
      {
        python:
          `pip install --target modules ${module} (son paquet peut porter un autre nom), ` +
          'puis files: [ …, modules ] et env: { PYTHONPATH: modules }.',
        node: `npm install ${module} dans le dossier de lab.yaml, puis files: [ …, node_modules ].`,
        perl: 'le mettre dans un dossier modules, puis files: [ …, modules ] et env: { PERL5LIB: modules }.',
      }[language],
    'class-missing': ({ role, name }) =>
      `La classe ${name} n’est pas dans le dossier de ${role} : ajouter ${name}.class à ses files, ou l’y compiler ; ` +
      'une classe d’un paquetage se nomme avec lui, paquetage.Classe, et se trouve dans un dossier de ce nom.',
    'low-port': ({ port, command }) =>
      `Les ports inférieurs à 1024, comme ${port}, sont réservés à root : en choisir un à partir de 1024` +
      (command === undefined ? '.' : `, ou lancer le programme par sudo : command: [sudo, ${command}, …].`),
    'no-display': () =>
      'Les machines n’ont pas d’écran pour des fenêtres, seulement des terminaux : afficher du texte et lire des lignes.',
    'python-2': () =>
      'Ce programme est écrit pour Python 2, et c’est Python 3 ici : print(…) avec parenthèses, input pour raw_input.',
    'datagram-too-long': ({ role }) =>
      `${role} a envoyé un datagramme trop long (EMSGSIZE), dont rien n’est parti : un datagramme porte au plus ` +
      '65 507 octets sur IPv4, 65 527 sur IPv6. Envoyer le texte en plusieurs.',
    'in-background': ({ role, port }) =>
      `${role} a quitté son terminal, et un processus en arrière-plan a le port ${port} : ce qu’il affiche est perdu. ` +
      'Le laisser au premier plan.',
    'not-executable': ({ file }) =>
      `${file} n’est pas exécutable. Lancer chmod +x ${file} ici, ou nommer son interpréteur dans command.`,
    'first-line': ({ machine, file, interpreter = 'un interpréteur' }) =>
      `La première ligne de ${file} demande ${interpreter}, que ${machine} n’a pas. Y en nommer un autre, ` +
      `ou l’installer sur ${machine}.`,
    'limit-met': ({ role, machine, limit, amount, hasEnded }) =>
      `${role} ${hasEnded ? 'a été arrêté :' : 'a atteint une limite :'} ${limitWords[limit]}${amount === undefined ? '' : ` ${amount}`} de ${machine}. ` +
      `S’il en faut autant : ${limit}: … pour ${machine} dans lab.yaml, puis lab up --recreate.`,
    'not-utf8': ({ role, byte }) =>
      `La sortie de ${role} n’est pas en UTF-8 (octet ${byte}). Ajouter encoding: latin1 au programme, ` +
      'ou le faire écrire en UTF-8.',
    'asks-first': ({ role }) =>
      `Donnez-lui une invite (« prompt: TEXTE » dans programs.${role}) : « start » se termine alors quand il demande, ` +
      `« send » répond, et « wait: { listens: ${role} } » attend le port.`,
    longer: ({ role, limitMs }) =>
      `S’il faut seulement plus de temps à ${role} : timeout: ${wholeSeconds(limitMs) / 1000}s à côté du verbe.`,
    'endless-output': () =>
      'Une de ses boucles ne finit pas. Quand l’autre côté a fermé la connexion, recv() ne donne rien, aussitôt et à ' +
      'chaque fois : il faut alors quitter la boucle.',
    'look-at-packets': () => '« lab logs --packets » dessine tous les paquets de l’exécution.',
    other: ({ text }) => text,
  },
  doing: {
    accept: ({ known }) =>
      `attend dans accept() ${['un client', 'un deuxième client', 'un troisième client'][known] ?? 'un autre client'}`,
    receive: ({ peers }) => `attend dans recv() des données${ofPeers(peers)}`,
    datagram: ({ peers, ports }) =>
      `attend dans recvfrom() un datagramme${ofPeers(peers)}` +
      (ports.length === 0 ? '' : ` sur le port UDP ${list(ports.map(String))}`),
    send: ({ peers }) => `attend dans send() que ${peers.length === 0 ? 'l’autre côté' : list(peers)} lise`,
    connect: ({ to }) => `attend dans connect()${to.length === 0 ? '' : ` une réponse de ${list(to)}`}`,
    line: () => 'lit son clavier',
    'hidden-line': () => 'lit son clavier sans écho (un mot de passe)',
    key: () => 'attend une touche',
    print: () => 'attend que sa sortie soit prise',
    sleep: () => 'dort (sleep)',
    child: () => 'attend la fin d’un processus fils',
    lock: () => 'attend un autre de ses fils d’exécution (un verrou)',
    pipe: () => 'attend un autre processus (un tube)',
    file: () => 'attend un fichier',
    signal: () => 'attend un signal',
    stopped: () => 'est suspendu ; le signal CONT le fait continuer',
    background: () => 'veut lire son clavier, mais tourne en arrière-plan',
    busy: () => 'calcule',
    endless: (output) => endless(output),
  },
  remark: {
    unread: ({ bytes, from }) => `${bytesText(bytes)} de ${from} ${bytes === 1 ? 'n’est pas lu' : 'ne sont pas lus'}`,
    'datagrams-unread': ({ port, from }) =>
      `des datagrammes${from === '' ? '' : ` de ${from}`} ne sont pas lus sur son port UDP ${port}`,
    'typed-unread': ({ bytes }) =>
      `${bytesText(bytes)} ${bytes === 1 ? 'tapé à son clavier n’est pas lu' : 'tapés à son clavier ne sont pas lus'}`,
    'not-accepted': ({ count }) =>
      count === 1 ? '1 connexion n’est pas encore acceptée' : `${count} connexions ne sont pas encore acceptées`,
    'no-prompt': () => 'mais n’affiche pas d’invite : manque-t-il un flush ?',
    'closed-by': ({ peer }) => `${peer} a fermé la connexion`,
  },
  ended: (role, how) => `${role} s’est terminé ${ended(how)}`,
  deadlock: ({ roles: [one, other], call }) =>
    call === 'receive'
      ? `${one} et ${other} attendent tous deux dans recv(), chacun l’autre : un interblocage`
      : `${one} et ${other} attendent tous deux dans send() que l’autre lise : un interblocage`,
  cause: ({ role, end: how, line }) => {
    const words = line === undefined ? '' : ` : ${line}`;
    return how === undefined
      ? `une exception a arrêté un fil d’exécution de ${role}${words}`
      : `${role} s’est terminé ${ended(how)}${line === undefined ? '' : ` ; ses derniers mots${words}`}`;
  },
  list,
  repeated: (lines, times) =>
    `… ${lines === 1 ? 'la même ligne' : `les ${lines} mêmes lignes`} encore ${number(times)} fois`,
  colon: ' :',
  sentence: (step, wanted, instead) => `L’étape ${step} attendait ${wanted}, mais ${instead.replaceAll('\n', ' ; ')}.`,
  attempts,
  labels: {
    also: 'de même pour',
    nearest: 'la ligne la plus proche',
    cause: 'cause',
    programs: 'à ce moment',
    network: 'sur le réseau',
    hint: 'conseil',
  },
});

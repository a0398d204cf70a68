import type { Side } from '../../packets/conversation.ts';
import type { ReportWords } from './report-en.ts';

const the: Readonly<Record<Side, string>> = { client: 'le client', server: 'le serveur' };

export const report: ReportWords = {
  htmlLang: 'fr',
  title: (lab) => `Compte rendu de TP : ${lab}`,
  heading: {
    author: 'Auteur',
    authors: 'Auteurs',
    group: 'Groupe',
    course: 'Cours',
    date: 'Date',
    scenario: 'Scénario',
    parameters: 'Paramètres',
    run: 'Exécution',
    result: 'Résultat',
    notGiven: 'non renseigné (lab.yaml, report)',
  },
  results: {
    passed: 'réussi',
    failed: 'échoué',
    broken: 'interrompu par une panne',
    interrupted: 'interrompu',
    running: 'jamais terminé',
  },
  summary: 'En bref',
  tiles: {
    steps: (passed, all) => `${passed} étapes réussies sur ${all}`,
    notReached: (count) => `${count} non ${count === '1' ? 'atteinte' : 'atteintes'}`,
    noSteps: 'aucune étape jouée',
    port: (port, machine) => `port ${port} de ${machine}`,
    portStates: {
      free: 'libre avant le démarrage',
      busy: 'occupé par un autre processus',
      'time-wait': 'libre avant le démarrage (TIME_WAIT)',
    },
    handshake: 'ouverture en trois temps',
    handshakeDone: (duration) => `complète en ${duration}`,
    handshakeMissing: 'incomplète dans la capture',
    handshakeRefused: 'refusée (RST)',
    close: 'fermeture',
    noClose: 'absente de la capture',
    retransmissions: 'retransmissions',
    connections: 'connexions TCP',
    capture: 'capture',
    exit: (role) => `fin de ${role}`,
  },
  sections: {
    glance: 'En bref',
    architecture: 'Architecture',
    model: 'Modèle client–serveur',
    programs: 'Programmes',
    port: 'Vérification du port',
    server: 'Serveur',
    client: 'Client',
    exchange: 'Échange dans les deux sens',
    end: 'Fin de session',
    checks: 'Vérifications',
    files: 'Fichiers et empreintes',
  },
  architecture: {
    intro: (lab, machines, networks) =>
      `La maquette \`${lab}\` comprend ${machines}${networks === '' ? '' : `, sur ${networks}`}.`,
    machines: (count) => (count === 1 ? 'une machine' : `${count} machines`),
    networks: (names) =>
      names.length === 1 ? `le réseau ${names[0]}` : `${names.length} réseaux : ${names.join(', ')}`,
    figure: 'Topologie : réseaux, machines, adresses et programmes',
    machineHeads: {
      machine: 'Machine',
      user: 'Utilisateur',
      interface: 'Interface',
      address: 'Adresse',
      network: 'Réseau',
      system: 'Système',
      kernel: 'Noyau',
    },
    machineTable: 'Machines',
    networkHeads: {
      network: 'Réseau',
      subnet: 'Sous-réseau',
      gateway: 'Passerelle',
      nat: 'Traduction d’adresses (NAT)',
    },
    networkTable: 'Réseaux',
    versionTable: 'Versions',
    versionHeads: { what: 'Élément', version: 'Version' },
    provider: (name) => `fournisseur \`${name}\``,
    outside: 'hôte, Internet',
    router: 'routeur',
    yes: 'oui',
    no: 'non',
    unknown: 'inconnu',
    notDescribed:
      'Cette exécution ne dit pas à quoi ressemblait la maquette : une version plus ancienne de `lab` l’a ' +
      'produite, ou elle s’est arrêtée dès le début.',
  },
  model: {
    server: (program, machine, ports) =>
      `Le programme \`${program}\` s’exécute sur \`${machine}\` et écoute sur le port TCP ${ports} : c’est le ` +
      'serveur. Il attend que l’on se connecte à lui (ouverture passive).',
    client: (program, machine) =>
      `Le programme \`${program}\` s’exécute sur \`${machine}\` : c’est un client. Il ouvre la connexion ` +
      '(ouverture active), depuis un port que son système choisit.',
    datagramServer: (program, machine, ports) =>
      `Le programme \`${program}\` s’exécute sur \`${machine}\` et possède le port UDP ${ports} : c’est le serveur. ` +
      'Il attend des datagrammes, d’où qu’ils viennent.',
    noServer: 'Aucun programme de cette exécution ne déclare de port sur lequel il écoute.',
    mode:
      'Les programmes communiquent par TCP, en mode connecté (`SOCK_STREAM`) : une connexion est d’abord établie ; ' +
      'les octets circulent ensuite dans les deux sens, dans l’ordre et sans perte ; à la fin, chaque côté ferme ' +
      'son sens. TCP transporte un flux d’octets et ne connaît pas les messages : ce sont les programmes qui ' +
      'conviennent de l’endroit où un message se termine.',
    callsTable: 'Des appels aux segments',
    calls: {
      heads: ['Serveur', 'Client', 'Sur le réseau', 'État'],
      rows: [
        ['`socket` `bind` `listen`', '', '', 'serveur : LISTEN'],
        ['`accept` attend', '`socket` `connect`', 'SYN, SYN-ACK, ACK', 'les deux : ESTABLISHED'],
        ['`recv`, `send`', '`send`, `recv`', 'données et acquittements', 'les deux : ESTABLISHED'],
        ['`close`', '`close`', 'FIN et ACK, dans chaque sens', 'TIME-WAIT du côté du premier FIN'],
      ],
    },
    connectionTable: 'Connexions de cette exécution',
    connectionHeads: {
      number: 'N°',
      client: 'Client',
      server: 'Serveur',
      start: 'Début après',
      duration: 'Durée',
      sent: 'Envoyé par le client / le serveur',
      close: 'Fermeture',
    },
    connectionsCut: (shown, all) => `Les ${shown} premières connexions sur ${all}.`,
  },
  programs: {
    intro: (program, machine) => `\`${program}\`, sur \`${machine}\``,
    command: 'Commande',
    build: 'Compilation',
    runtime: 'Environnement d’exécution',
    fileTable: 'Fichiers',
    fileHeads: { file: 'Fichier', kind: 'Nature', size: 'Taille', hash: 'SHA-256' },
    kinds: { sent: 'exécuté sur la machine', source: 'source de la compilation' },
    notShown: (file) => `\`${file}\` n’est pas du texte, ou est trop grand pour être montré.`,
    demo: {
      server: (source) =>
        `Le fichier dit être le serveur de démonstration qu’écrit \`lab init\`, compilé de \`${source}\` de lab. Son texte est replié.`,
      client: (source) =>
        `Le fichier dit être le client de démonstration qu’écrit \`lab init\`, compilé de \`${source}\` de lab. Son texte est replié.`,
    },
    unlisted: (count) => `${count} autres fichiers ne sont pas listés.`,
    none: 'Cette exécution n’a pas de programmes, ou ne les donne pas.',
    omitted: (bytes, file) => `${bytes} sont omis ici ; le texte entier est dans ${file}`,
  },
  port: {
    free: (port, machine) => `Le port ${port} de \`${machine}\` est libre : le serveur peut le prendre.`,
    busy: (port, machine) => `Le port ${port} de \`${machine}\` est occupé par un autre processus.`,
    inUse: (port, machine) =>
      `Le port ${port} de \`${machine}\` est utilisé, bien que personne n’y écoute : un serveur obtiendrait ` +
      '« Address already in use » (EADDRINUSE).',
    timeWait: (port, machine) =>
      `Le port ${port} de \`${machine}\` est libre ; des connexions terminées depuis peu sont encore mémorisées ` +
      '(TIME_WAIT). Ce n’est pas un processus, et il n’y a rien à arrêter.',
    freed: (port, machine, holders, signal) =>
      `Le processus qui occupait le port ${port} de \`${machine}\` a été arrêté par le signal ${signal} : ${holders}.`,
    holderTable: 'Qui l’occupait',
    holderHeads: { process: 'Processus', pid: 'PID', user: 'Utilisateur', address: 'Adresse', since: 'Depuis' },
    at: (time) => `vu le ${time}`,
    raw: 'Table des sockets de la machine (ss)',
    nothing: '(n’affiche rien : personne n’a ouvert ce port)',
    none: 'Aucun port n’a été vérifié dans cette exécution : aucun programme à l’écoute n’a été lancé.',
  },
  terminals: {
    serverIntro: (role, machine, user) => {
      const seen = user === '' ? '' : `, tel que l’utilisateur \`${user}\` l’a vu`;
      return `Le terminal de \`${role}\` sur \`${machine}\`${seen} :`;
    },
    neverStarted: (role) => `\`${role}\` n’a jamais été lancé dans cette exécution.`,
    empty: 'Il n’a rien affiché.',
    none: 'Aucun programme de ce genre n’a pris part à cette exécution.',
    end: (status) => `Fin : ${status}.`,
    omitted: (bytes, file) => `${bytes} sont omis ici ; le texte entier est dans ${file}`,
    notStored: (role, bytes) =>
      `\`${role}\` a affiché plus que la place prévue : ${bytes} de sa sortie n’ont pas été enregistrés. Le ` +
      'début et la fin y sont.',
  },
  exchange: {
    players: 'Les deux terminaux, à rejouer',
    playBoth: 'Lire les deux',
    pause: 'Pause',
    restart: 'Depuis le début',
    speed: 'Vitesse',
    recordingCut: (role, file) => `L’enregistrement de \`${role}\` est coupé ici ; il est entier dans ${file}.`,
    paces: {
      real: 'En temps réel ; les attentes de plus de 2 s sont ramenées à 2 s.',
      readable: 'L’ordre est celui de l’exécution ; les temps sont étirés pour que l’on puisse suivre.',
    },
    noScript: 'Les lecteurs ont besoin de JavaScript ; les mêmes terminaux figurent plus haut sous forme de texte.',
    session: 'Les deux terminaux réunis, dans l’ordre',
    drawn: 'Ce que TCP a fait pendant ce temps est dessiné en haut, dans la partie 1.',
    diagramTitle: (number) => `Connexion ${number}`,
    diagram: 'Ce que TCP a fait, et ce qui était affiché sur les terminaux',
    compressed: 'une ligne par segment',
    scale: 'temps à l’échelle',
    factTable: 'En chiffres',
    facts: {
      isn: 'Numéros de séquence initiaux',
      options: 'Options du SYN',
      handshake: 'Ouverture',
      sent: 'Données envoyées',
      packets: 'Segments',
      retransmissions: 'Retransmissions',
      roundTrip: 'Acquitté après (médiane)',
      duration: 'Durée',
    },
    omitted: (count) => `${count} autres connexions sont dans capture.pcap ; elles ne sont pas dessinées.`,
    missing: {
      none: 'Les paquets de cette exécution n’ont pas été capturés : ce que TCP a fait ne peut pas être montré.',
      unreadable: 'La capture de cette exécution est illisible : ce que TCP a fait ne peut pas être montré.',
      empty: 'La capture de cette exécution ne contient aucun segment TCP.',
      incomplete:
        'La capture de cette exécution ne contient aucun segment TCP, mais elle est incomplète : on ne sait pas ' +
        'si les programmes se sont joints.',
    },
    oneSided:
      'La capture ne contient les segments que d’un seul côté : l’autre n’a jamais répondu, ou ses réponses sont ' +
      'passées par un autre chemin.',
  },
  end: {
    fin: {
      client: 'Le client ferme en premier : son FIN est le premier sur le réseau.',
      server: 'Le serveur ferme en premier : son FIN est le premier sur le réseau.',
      both:
        'Les deux ferment en même temps : chacun envoie son FIN avant d’avoir reçu celui de l’autre, et les deux ' +
        'se croisent sur le réseau.',
    },
    states: (client, server) => `États traversés : client ${client} ; serveur ${server}.`,
    timeWait: {
      client: (port) =>
        `L’état TIME-WAIT reste du côté du client : le port ${port} du serveur est donc libre aussitôt.`,
      server: (port) =>
        `L’état TIME-WAIT reste du côté du serveur, où il retient le port ${port} pendant environ une minute, à ` +
        'moins que le serveur suivant n’utilise `SO_REUSEADDR`.',
      both: (port) =>
        `L’état TIME-WAIT reste des deux côtés ; du côté du serveur, il retient le port ${port} pendant environ ` +
        'une minute, à moins que le serveur suivant n’utilise `SO_REUSEADDR`.',
    },
    incomplete: 'La capture n’en montre pas la fin : les deux FIN n’ont pas tous deux été acquittés.',
    rst: (side) =>
      `La connexion ne se termine pas normalement : ${the[side]} la coupe (RST), et ce qui était en route est perdu. ` +
      'Le plus souvent, c’est un programme qui ferme, ou se termine, avant d’avoir lu tout ce qui est arrivé.',
    refused:
      'Aucune connexion n’a été établie : la machine du serveur l’a refusée (RST), comme elle le fait quand rien ' +
      'n’écoute à cette adresse et ce port.',
    endedByLab: (roles) =>
      `Aucun programme n’a fermé cette connexion : \`lab\` a arrêté ${roles} à la fin de l’exécution, et le système ` +
      'l’a alors fermée.',
    unanswered: 'Aucune connexion n’a été établie : rien n’a répondu au SYN.',
    unopened: 'Aucune connexion n’a été établie avant la fin de la capture : l’ouverture n’est pas terminée.',
    open: 'La capture s’arrête avant la fermeture de la connexion.',
    halfClose: (side, bytes) =>
      `Après son FIN, ${the[side]} a encore reçu ${bytes} : un sens était fermé, l’autre ne l’était pas ` +
      '(demi-fermeture).',
    connection: (number) => `Connexion ${number} :`,
    noCapture: 'Sans capture, on ne connaît que la fin des programmes.',
    table: 'Comment les programmes se sont terminés',
    heads: { program: 'Programme', machine: 'Machine', status: 'Fin' },
  },
  checks: {
    intro: (scenario, passed, all) =>
      `Le scénario \`${scenario}\` a été joué ; ${passed} étapes sur ${all} ont réussi.`,
    table: 'Étapes du scénario',
    heads: { number: 'N°', line: 'Ligne', step: 'Étape', result: 'Résultat', time: 'Temps' },
    results: { passed: 'réussie', failed: 'échouée', skipped: 'passée', running: 'inachevée' },
    notReached: 'non atteinte',
    reason: 'Pourquoi ce n’est pas réussi',
    none: 'Aucune étape n’a été jouée.',
    cut: (shown, all) => `Les ${shown} premières étapes sur ${all}.`,
    notices: 'Remarques faites pendant l’exécution',
  },
  files: {
    intro:
      'SHA-256 de chaque fichier du dossier de l’exécution : qui possède ce dossier peut vérifier que rien n’a ' +
      'été modifié ensuite (`sha256sum`).',
    heads: { file: 'Fichier', size: 'Taille', hash: 'SHA-256' },
    labFile: 'de la maquette, au début de l’exécution',
    cut: (shown, all) => `Les ${shown} premiers fichiers sur ${all}.`,
  },
  capture: {
    places: (where, isOne) =>
      `Les paquets ont été capturés sur ${where} ; les temps sont ceux de ${isOne ? 'cette machine' : 'ces machines, dont les horloges ont été comparées'}.`,
    gap: (where, time) => `La capture sur ${where} s’est arrêtée trop tôt, à ${time} : la suite manque.`,
    neverCaptured: (where) => `Rien n’a pu être capturé sur ${where}.`,
    flaws: {
      lost: (count) => `${count} paquets manquent dans la capture : la machine était trop occupée pour les garder.`,
      full: () => 'La capture était pleine avant la fin de l’exécution : la suite manque.',
      'cut-short': () => 'La capture s’arrête au milieu d’un paquet.',
      truncated: (count) => `De ${count} paquets, la capture ne contient que le début.`,
      malformed: (count) => `${count} paquets endommagés n’ont pas pu être lus.`,
      fragments: (count) => `${count} fragments de paquets IP n’ont pas pu être lus.`,
    },
  },
  contents: 'Sommaire',
  linesMore: (count) => `${count} lignes de plus, qui ne sont pas imprimées`,
  made: (version, date) =>
    `Produit par lab ${version} le ${date}. Tout est dans ce fichier ; il ne charge rien d’autre.`,
  statuses: {
    exit: (code) => `terminé avec le code ${code}`,
    signal: (name) => `terminé par le signal ${name}`,
    running: 'encore en cours',
    'not started': 'jamais lancé',
    unknown: 'terminé ; son code est inconnu',
  },
};

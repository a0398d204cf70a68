import type { DatagramWords } from './datagrams-en.ts';

export const datagrams: DatagramWords = {
  heading: 'Ce que UDP a fait, et ce qui était affiché sur les terminaux',
  headingOfNone: 'Ce qui a circulé sur le réseau, et ce qui était affiché sur les terminaux',
  title: (client, server) => `Datagrammes UDP entre ${client} et ${server}`,
  numbered: (number) => `Datagrammes, ${number}`,
  note: 'mode non connecté : ni ouverture, ni fermeture',
  datagram: 'datagramme',
  totals: (client, server) => `le client envoie ${client}, le serveur ${server}`,
  answers: (number, duration) => `répond au ${number} après ${duration}`,
  marks: {
    lost: 'perdu',
    duplicate: 'arrivé deux fois',
    reordered: 'dépassé',
    fragmented: 'en fragments',
    'wrong-checksum': 'somme de contrôle fausse',
  },
  unanswered: 'sans réponse',
  pieces: (count) => `${count} fragments`,
  onTheWay: (duration) => `${duration} en route`,
  folded: (count) => `${count} datagrammes, repliés`,
  reasons: {
    network: 'réseau inaccessible',
    host: 'machine inaccessible',
    protocol: 'protocole inaccessible',
    port: 'port inaccessible',
    prohibited: 'interdit par un pare-feu',
    hops: 'délai dépassé : trop de routeurs (TTL)',
    reassembly: 'délai dépassé : il manque un fragment',
    other: 'destination inaccessible',
  },
  tooBig: (mtu) => `paquet trop grand : au plus ${mtu} octets`,
  tooBigUnknown: 'paquet trop grand',
  compressed: 'une ligne par datagramme',
  drawn: 'Ce que UDP a fait pendant ce temps est dessiné en haut, dans la partie 1.',
  drawnBoth: 'Ce que TCP et UDP ont fait pendant ce temps est dessiné en haut, dans la partie 1.',
  tableCaption: 'Tous les datagrammes sous forme de tableau',
  tableHeads: { number: 'Datagramme', length: 'Données', checksum: 'Somme de contrôle', answer: 'Réponse' },
  tableCut: (shown, all) => `Les ${shown} premiers datagrammes sur ${all} ; capture.pcap les contient tous.`,
  checksums: {
    right: 'juste',
    wrong: 'fausse',
    none: 'aucune',
    offloaded: 'laissée à la carte réseau',
    unknown: 'inconnue',
  },
  factTable: 'En chiffres',
  facts: {
    datagrams: 'Datagrammes envoyés',
    bytes: 'Données envoyées',
    longest: 'Plus long datagramme',
    fragmented: 'Partis en fragments (trop longs pour un réseau)',
    lost: 'Perdus en route',
    duplicated: 'Arrivés deux fois',
    reordered: 'Dépassés par des suivants',
    refused: 'Refusés (ICMP)',
    answered: 'Avec réponse',
    answerTime: 'Réponse arrivée après (médiane)',
    duration: 'Du premier au dernier',
  },
  notKnown: 'inconnu',
  oneEnd:
    'Les paquets n’ont été capturés que d’un côté : ce qui s’est perdu avant d’y arriver ne se voit pas, et ce qui s’est ' +
    'perdu après n’est pas connu.',
  silent: (side) =>
    side === 'client'
      ? 'Le serveur n’a renvoyé aucun datagramme. UDP ne dit pas pourquoi à celui qui envoie : peut-être que rien n’est ' +
        'arrivé, que personne ne l’a lu, ou que le programme ne répond pas.'
      : 'Le client n’a rien envoyé.',
  told: {
    lost: (sender, number, receiver) => `le datagramme ${number} de ${sender} s’est perdu en route vers ${receiver}`,
    unanswered: (sender, number) => `personne n’a répondu au datagramme ${number} de ${sender}`,
    refused: (reporter, target) =>
      `${reporter} a signalé (ICMP) : port ${target} inaccessible ; aucun programme ne l’y a ouvert`,
    unreachable: (reporter, target, reason) => `${reporter} a signalé (ICMP) : ${target} : ${reason}`,
    tooBig: (reporter, target, reason) =>
      `${reporter} a signalé (ICMP), pour un datagramme vers ${target} : ${reason} ; envoyez-en de plus courts, ou laissez-les découper`,
    truncated: (sender, number, bytes, pieces) =>
      `le datagramme ${number} de ${sender} (${bytes}) est parti en ${pieces} fragments : un seul perdu, et tout est perdu`,
    duplicate: (sender, number) => `le datagramme ${number} de ${sender} est arrivé deux fois`,
    reordered: (sender, number) => `le datagramme ${number} de ${sender} est arrivé après des suivants`,
    damaged: (sender, number) =>
      `le datagramme ${number} de ${sender} a une somme de contrôle fausse : celui qui le reçoit le jette`,
    tooLong: (role) =>
      `${role} a affiché « Message too long » (EMSGSIZE) : son système n’a rien envoyé de ce datagramme. Un datagramme porte au plus 65 507 octets sur IPv4 et 65 527 sur IPv6 ; ce qui est plus long s’envoie en plusieurs.`,
    more: (count) => `et ${count} autres`,
  },
  arp: {
    table: 'ARP : quelle adresse Ethernet a une adresse IPv4',
    heads: { number: 'Paquet', time: 'Après', sender: 'De', says: 'Dit' },
    request: (wanted, asker) => `qui a ${wanted} ? Le dire à ${asker}`,
    reply: (address, link) => `${address} est à ${link}`,
    probe: (wanted) => `quelqu’un a-t-il ${wanted} ? (je voudrais la prendre)`,
    announcement: (address, link) => `à tous : ${address} est à ${link}`,
    other: 'ni question ni réponse',
    omitted: (count) => `${count} autres messages ARP sont dans capture.pcap.`,
  },
  toldIntro: 'Ce qu’un programme n’apprend pas de UDP, les paquets le disent :',
  omitted: (count) => `${count} autres échanges de datagrammes sont dans capture.pcap ; ils ne sont pas dessinés.`,
  missing: {
    none: 'Les paquets de cette exécution n’ont pas été capturés : ce que UDP a fait ne peut pas être montré.',
    unreadable: 'La capture de cette exécution est illisible : ce que UDP a fait ne peut pas être montré.',
    empty: 'La capture de cette exécution ne contient aucun datagramme UDP.',
    incomplete:
      'La capture de cette exécution ne contient aucun datagramme UDP, mais elle est incomplète : on ne sait pas si les ' +
      'programmes se sont atteints.',
  },
  missingBoth: {
    none: 'Les paquets de cette exécution n’ont pas été capturés : ce qui a circulé ne peut pas être montré.',
    unreadable: 'La capture de cette exécution est illisible : ce qui a circulé ne peut pas être montré.',
    empty: 'La capture de cette exécution ne contient ni segment TCP, ni datagramme UDP.',
    incomplete:
      'La capture de cette exécution ne contient ni segment TCP, ni datagramme UDP, mais elle est incomplète : on ne ' +
      'sait pas si les programmes se sont atteints.',
  },
  tiles: {
    datagrams: 'datagrammes UDP',
    sent: (client, server) => `client ${client}, serveur ${server}`,
    answered: 'avec réponse',
    ofAll: (count, all) => `${count} sur ${all}`,
    lost: 'perdus en route',
    errors: 'ICMP',
  },
  model: {
    client: (program, machine) =>
      `Le programme \`${program}\` s’exécute sur \`${machine}\` : c’est un client. Il envoie des datagrammes depuis un ` +
      'port que son système choisit ; il n’ouvre pas de connexion.',
    mode:
      'Les programmes communiquent par UDP, en mode non connecté (`SOCK_DGRAM`) : il n’y a ni ouverture ni fermeture, et ' +
      'chaque datagramme est indépendant. Il arrive entier ou pas du tout, peut-être deux fois, peut-être après des ' +
      'suivants ; rien ne le dit à celui qui l’envoie. Ce qui doit arriver, les programmes doivent le confirmer et le ' +
      'répéter eux-mêmes.',
    callsTable: 'Des appels aux datagrammes',
    calls: {
      heads: ['Serveur', 'Client', 'Sur le réseau'],
      rows: [
        ['`socket` `bind`', '`socket`', 'rien'],
        ['`recvfrom` attend', '`sendto`', 'un datagramme'],
        ['`sendto`, vers l’adresse que `recvfrom` a donnée', '`recvfrom`, avec un délai', 'un datagramme, ou aucun'],
        ['`close`', '`close`', 'rien : l’autre côté ne l’apprend pas'],
      ],
    },
    table: 'Échanges de datagrammes de cette exécution',
    heads: {
      number: 'N°',
      client: 'Client',
      server: 'Serveur',
      start: 'Début après',
      sent: 'Envoyés client / serveur',
      answered: 'Avec réponse',
      lost: 'Perdus',
    },
    cut: (shown, all) => `Les ${shown} premiers échanges sur ${all}.`,
  },
  end:
    'UDP ne ferme rien : quand un programme se termine, aucun paquet ne le dit. Un datagramme vers un port que personne ' +
    'n’a plus reçoit, au mieux, la réponse ICMP « port inaccessible ».',
};

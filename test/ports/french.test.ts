import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { after, test } from 'node:test';
import { speak } from '../../src/core/language/speak.ts';
import { localShell } from '../helpers/ssh/local-shell.ts';

speak('fr');
after(() => speak('en'));
// Texts of modules are made when they are loaded.
const { inspectPort } = await import('../../src/ports/inspect-port.ts');
const { listenerProblem, listenerProblemWords } = await import('../../src/ports/listens-otherwise.ts');
const { explainPort } = await import('../../src/ports/port-words.ts');
const { refusalToFree } = await import('../../src/ports/protection.ts');

async function listening(server: Server): Promise<number> {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return (server.address() as AddressInfo).port;
}

/** What is said of a server that should listen on port 7999. */
function said(address: string, port: number): string[] {
  const seen = { protocol: 'tcp', state: 'listen', local: { address, port } } as const;
  return Object.values(listenerProblemWords('serveur', listenerProblem({ port: 7999 }, [seen])!));
}

test('a port that is held on one address, by what carries lab itself, is explained in French', async () => {
  const server = createServer();
  const port = await listening(server);
  try {
    const report = await inspectPort(localShell(), port);
    assert.equal(
      explainPort(report),
      'Il n’est tenu que sur 127.0.0.1. Les autres machines ne peuvent pas l’atteindre là ; un serveur qui s’attache ' +
        '(bind) à une autre adresse de la machine peut l’avoir ; celui qui s’attache à celle-ci ou à toutes obtient ' +
        'EADDRINUSE (« Address already in use »).',
    );
    const { message, hint } = refusalToFree(report)!;
    const start = `le port ${port} de vm1 n’est pas libéré : la propre connexion de lab avec vm1 passe par le processus `;
    assert.equal(message.slice(0, start.length), start);
    assert.equal(hint, 'Donnez un autre port à votre programme.');
  } finally {
    server.close();
  }
});

test('TIME_WAIT is explained in French', async () => {
  const server = createServer((socket) => void socket.resume().end());
  const port = await listening(server);
  const client = connect(port, '127.0.0.1');
  await once(client.resume(), 'close');
  await once(server.close(), 'close');
  const report = await inspectPort(localShell(), port);
  assert.equal(
    explainPort(report)
      ?.replace(/\(\S+ avec \S+\)/, '(A avec B)')
      .replace(/encore \d+ s/, 'encore N s'),
    `Une connexion (A avec B) sur le port ${port} de vm1 s’est terminée il y a moins d’une minute et est en TIME_WAIT : ` +
      'c’est ce côté qui a fermé le premier, son noyau retient donc la paire d’adresses jusqu’à ce qu’aucun segment en ' +
      'retard ne puisse être pris pour une nouvelle connexion. Aucun processus ne tient le port, il n’y a donc rien à ' +
      'terminer. Un serveur qui met SO_REUSEADDR (les nôtres le font) peut écouter tout de suite ; tout autre obtient ' +
      'EADDRINUSE (« Address already in use ») et doit attendre encore N s.',
  );
});

test('a program that listens otherwise than it should is told so in French', () => {
  assert.deepEqual(said('127.0.0.1', 7999), [
    'serveur n’écoute que sur 127.0.0.1:7999 ; les autres machines ne peuvent pas l’atteindre',
    "Attachez-le (bind) à '' ou 0.0.0.0 (toutes les adresses) au lieu de 127.0.0.1 ou de localhost.",
  ]);
  assert.deepEqual(said('0.0.0.0', 0x3f1f), [
    'serveur écoute sur le port 16159 (0x3F1F) au lieu de 7999 (0x1F3F) : les deux octets du port sont inversés',
    'Mettez le port dans l’adresse dans l’ordre des octets du réseau : htons(7999).',
  ]);
});

import { fails, isRefused, testSets } from '../helpers/program-sets.ts';

await testSets('mistakes that are explained before anything is played', [
  {
    folder: 'sets/32-tabs',
    title: 'tabs in the lab file',
    check: isRefused(/lab\.yaml:9:1: a tab cannot indent a line/, /lab\.yaml:11:1: a tab/, /indent with spaces/),
  },
  {
    folder: 'sets/67-windows-encodings',
    file: 'utf16.yaml',
    title: 'a lab file in UTF-16',
    check: isRefused(/lab\.yaml:1:1: is written in UTF-16/, /save the file as UTF-8/),
  },
  {
    folder: 'sets/67-windows-encodings',
    file: 'latin1.yaml',
    title: 'a lab file in Latin-1',
    check: isRefused(/lab\.yaml:15:33: a character that is not UTF-8/, /save the file as UTF-8/),
  },
  {
    folder: 'sets/52-c-compile-error',
    title: 'C that does not compile',
    needs: ['cc'],
    check: isRefused(
      /the build of serveur failed: gcc -o serveur serveur\.c ended with status 1/,
      /serveur\.c:7:71: error/,
    ),
  },
  {
    folder: 'sets/31-crlf',
    title: 'Windows line ends of a Python script that is started by its first line',
    check: isRefused(/"serveur\.py" has Windows line ends/, /save it with Unix line ends \(LF\)/),
  },
  {
    folder: 'sets/31b-crlf-bash',
    title: 'Windows line ends of a shell script',
    check: isRefused(/"client\.sh" has Windows line ends/, /save it with Unix line ends \(LF\)/),
  },
  {
    folder: 'variants/crlf-perl',
    title: 'Windows line ends of a Perl script',
    check: isRefused(/"server\.pl" has Windows line ends/, /"\/usr\/bin\/perl\\r", which is not there/),
  },
  {
    folder: 'sets/40-long-message',
    title: 'a line that a terminal would cut',
    check: isRefused(/has a line of 5000 bytes; a terminal takes 4095/, /make it several lines/),
  },
  {
    folder: 'sets/54-exit-minus-1',
    title: 'a status below 0',
    check: isRefused(/scenarios\.tp\[4\]\.exit\.serveur: must be an exit status from 0 to 255 .*, not -1/, /write 255/),
  },
  {
    folder: 'variants/java-exit-minus-2',
    title: 'another status below 0',
    check: isRefused(/exit\.client: must be an exit status from 0 to 255 .*, not -2/, /write 254/),
  },
  {
    folder: 'sets/66-same-client-twice',
    title: 'one client that is to be there twice',
    check: isRefused(/"client" is started again while it runs since line 14/, /add client2 below "programs"/),
  },
  {
    folder: 'sets/69-same-names',
    title: 'two files of one name',
    check: isRefused(/files\[1\]: has the same name as "a\/util\.py"/),
  },
]);

await testSets('programs that end early are explained by their own words', [
  {
    folder: 'sets/30-py-latin1-source',
    title: 'Python refuses its source',
    check: fails({
      step: 'start: serveur',
      says: [/serveur ended with status 1/, /Non-UTF-8 code starting with '\\xe9' in file .*serveur\.py on line 2/],
    }),
  },
  {
    folder: 'sets/42-bug-client-first',
    title: 'the client is started before the server, and its prompt stands in a traceback only',
    check: fails({
      step: 'start: client',
      says: [
        /client ended with status 1; its last words: ConnectionRefusedError/,
        /vm2 tried vm1:7999 and was refused/,
      ],
      silent: [/answered already/, /Add a step/],
    }),
  },
  {
    folder: 'sets/55-ctrl-c-exit',
    title: 'Python that is interrupted ends with a signal, not with 0',
    check: fails({ step: 'exit: { serveur: 0 }', says: [/ended with signal INT/, /KeyboardInterrupt/] }),
  },
  {
    folder: 'sets/55-ctrl-c-exit',
    file: 'lab-130.yaml',
    title: 'and not with 130, as a shell would say',
    check: fails({ step: 'exit: { serveur: 130 }', says: [/ended with signal INT/] }),
  },
  {
    folder: 'sets/57-daemon',
    title: 'a server that goes to the background, and whose words are expected after that',
    // As it stands, chance decides: a child that is slow to leave the terminal, or prints on it, ends with it.
    replace: [
      ['[python3, serveur.py]', `[sh, -c, "trap '' HUP; exec setsid python3 serveur.py > /dev/null 2>&1 & exit 0"]`],
    ],
    check: fails({
      step: 'expect: { serveur: "bonjour" }',
      says: [
        /serveur ended with status 0/,
        /hint: +serveur left its terminal, and a process in the background has port 7999/,
      ],
    }),
  },
  {
    folder: 'variants/c-segfault',
    title: 'a server that uses memory that is not its own',
    needs: ['cc'],
    check: fails({
      step: 'expect: { server: "got hello" }',
      says: [/server ended with signal SEGV \(it used memory that is not its own\)/],
    }),
  },
]);

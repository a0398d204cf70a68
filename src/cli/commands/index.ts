import type { CliCommand } from '../command/define-command.ts';
import { doctorCommand } from './lab/doctor.ts';
import { downCommand } from './lab/down.ts';
import { gcCommand } from './lab/gc.ts';
import { graphCommand } from './lab/graph.ts';
import { initCommand } from './lab/init.ts';
import { schemaCommand } from './lab/schema.ts';
import { statusCommand } from './lab/status.ts';
import { upCommand } from './lab/up.ts';
import { validateCommand } from './lab/validate.ts';
import { captureCommand } from './machines/capture.ts';
import { checkPortCommand } from './machines/check-port.ts';
import { consoleCommand } from './machines/console.ts';
import { cpCommand } from './machines/cp.ts';
import { execCommand } from './machines/exec.ts';
import { imagesCommand } from './machines/images.ts';
import { iperfCommand } from './machines/iperf.ts';
import { pingCommand } from './machines/ping.ts';
import { proxyCommand } from './machines/proxy.ts';
import { snapshotCommand } from './machines/snapshot.ts';
import { sshConfigCommand } from './machines/ssh-config.ts';
import { sshCommand } from './machines/ssh.ts';
import { whyCommand } from './machines/why.ts';
import { logsCommand } from './runs/logs.ts';
import { recordCommand } from './runs/record.ts';
import { replayCommand } from './runs/replay.ts';
import { reportCommand } from './runs/report.ts';
import { runCommand } from './runs/run.ts';
import { runsCommand } from './runs/runs.ts';
import { signCommand } from './runs/sign.ts';
import { verifyCommand } from './runs/verify.ts';
import { forwardCommand } from './services/forward.ts';
import { openCommand } from './services/open.ts';
import { restartCommand } from './services/restart.ts';
import { startCommand } from './services/start.ts';
import { stopCommand } from './services/stop.ts';
import { completeCommand } from './shell/complete.ts';
import { completionCommand } from './shell/completion.ts';

/** Every command, in the order in which help shows them. */
export const commands: readonly CliCommand[] = [
  initCommand,
  validateCommand,
  doctorCommand,
  upCommand,
  statusCommand,
  startCommand,
  stopCommand,
  restartCommand,
  openCommand,
  graphCommand,
  downCommand,
  gcCommand,
  checkPortCommand,
  whyCommand,
  pingCommand,
  iperfCommand,
  runCommand,
  recordCommand,
  runsCommand,
  logsCommand,
  replayCommand,
  reportCommand,
  verifyCommand,
  signCommand,
  sshCommand,
  execCommand,
  cpCommand,
  captureCommand,
  sshConfigCommand,
  consoleCommand,
  snapshotCommand,
  imagesCommand,
  completionCommand,
  schemaCommand,
  proxyCommand,
  forwardCommand,
  completeCommand,
];

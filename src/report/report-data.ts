import type { HashedFile } from '../core/files/sha256.ts';
import type { CaptureFlaw, CaptureGap } from '../core/capture-facts.ts';
import type { Conversation } from '../packets/conversation.ts';
import type { ArpMessage } from '../packets/arp/arp-message.ts';
import type { IcmpMessage } from '../packets/icmp/icmp-message.ts';
import type { DatagramConversation } from '../packets/udp/datagram-conversation.ts';
import type { ToldAttempt } from '../core/connection-attempt.ts';
import type { LabDescription, MachineFacts, ToolOutput } from '../core/lab-description.ts';
import type { RecordCheck } from './record/misfit.ts';
import type { SegmentWords } from './diagram/diagram-words.ts';
import type { Pace } from './terminals/pace.ts';
import type { PortCheckDocument, RunDocument } from './run/run-summary.ts';

/**
 * Everything that a report of a run shows, bounded in size: what is left out is counted. Each format is a pure function
 * of it.
 */
export interface ReportData {
  readonly run: RunDocument;
  /** Undefined for runs of a `lab` that did not keep it yet, or that ended before. */
  readonly lab: LabDescription | undefined;
  /** By name of the machine. */
  readonly facts: ReadonlyMap<string, MachineFacts>;
  readonly portChecks: readonly ReportPortCheck[];
  readonly terminals: readonly ReportTerminal[];
  readonly pace: Pace;
  /** `session.log`: all terminals in order, with the times. */
  readonly session: BoundedText;
  /** Copies of program files, by their path in the run folder. */
  readonly sources: ReadonlyMap<string, BoundedText>;
  readonly capture: ReportCapture;
  /** All files of the run folder, reports excepted. */
  readonly files: readonly HashedFile[];
  readonly notices: readonly string[];
  /** Whether the parts of the record fit each other. */
  readonly record: RecordCheck;
}

export interface ReportPortCheck extends PortCheckDocument {
  readonly raw: string;
  readonly tools: readonly ToolOutput[];
}

export interface ReportTerminal {
  readonly role: string;
  readonly machine: string;
  /** Plain text, as its operator saw it. */
  readonly text: BoundedText;
  /**
   * asciicast v2 whose time 0 is the start of the run, so that several play together; undefined when the program never
   * started.
   */
  readonly cast: string | undefined;
  /** The recording goes on in the run folder: here it ends early. */
  readonly castIsCut: boolean;
}

/** The beginning and the end of a text. */
export interface BoundedText {
  readonly head: string;
  /** What follows what was left out; empty when nothing was. */
  readonly tail: string;
  /** Bytes between the two. */
  readonly omittedBytes: number;
}

/** A text that is shown whole. */
export function wholeText(text: string): BoundedText {
  return { head: text, tail: '', omittedBytes: 0 };
}

export interface ReportCapture {
  /**
   * Why there are neither conversations nor datagrams: no capture was made, it cannot be read, there is nothing in it, or nothing in what
   * there is of it. Undefined when there are some.
   */
  readonly missing:
    { readonly kind: 'none' | 'unreadable' | 'empty' | 'incomplete'; readonly reason: string } | undefined;
  /** Of TCP. */
  readonly conversations: readonly ReportConversation[];
  /** How many more there are than are shown. */
  readonly omitted: number;
  /** Of UDP; the first of them. */
  readonly datagrams: readonly ReportDatagrams[];
  readonly omittedDatagrams: number;
  /** Messages of ICMP, the first of them. */
  readonly icmp: readonly IcmpMessage[];
  /** Messages of ARP, the first of them. */
  readonly arp: readonly ArpMessage[];
  /** Programs that said that a datagram of theirs was too long to be sent, so that no packet shows it. */
  readonly tooLong: readonly string[];
  /** What it lacks. */
  readonly flaws: readonly CaptureFlaw[];
  /** Where and since when packets passed by that it lacks. */
  readonly gaps: readonly CaptureGap[];
  /** What the machines tried to reach besides the servers of the lab, or in vain, according to their kernels. */
  readonly attempts: readonly ToldAttempt[];
  /** Whether it is known that they tried nothing at all. */
  readonly nobodyTried: boolean;
  /** Where it was made; empty when that is not known. */
  readonly places: readonly { readonly machine: string; readonly interface: string }[];
}

export interface ReportConversation {
  readonly conversation: Conversation;
  /** What the terminals said, by packet number. */
  readonly spoken: ReadonlyMap<number, SegmentWords>;
  /** Programs at both ends, where they are known. */
  readonly clientRole: string | undefined;
  readonly serverRole: string | undefined;
}

/** What went between two UDP ports. */
export interface ReportDatagrams {
  readonly conversation: DatagramConversation;
  /** What the terminals said, by packet number. */
  readonly spoken: ReadonlyMap<number, SegmentWords>;
  /** Programs at both ends, where they are known. */
  readonly clientRole: string | undefined;
  readonly serverRole: string | undefined;
}

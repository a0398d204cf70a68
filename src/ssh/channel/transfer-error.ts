import { EnvironmentError, type ErrorParts } from '../../core/errors.ts';

/** A file of a machine cannot be read or written. */
export class TransferError extends EnvironmentError {
  /** Why, in a few words, for a list that names the file itself. */
  readonly reason: string;

  constructor(message: string, { reason, ...parts }: ErrorParts & { readonly reason: string }) {
    super(message, parts);
    this.reason = reason;
  }
}

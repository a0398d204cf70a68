import { EnvironmentError } from '../core/errors.ts';
import { ShapeError, type Shape } from '../core/json/shape.ts';
import { say } from '../core/language/say.ts';
import type { ProviderState } from './provider.ts';

/**
 * What a provider stored, checked.
 *
 * @throws {EnvironmentError} `state-broken` when it has another shape: it was damaged, or is of another provider.
 */
export function readProviderState<T>(shape: Shape<T>, state: ProviderState, provider: string): T {
  try {
    return shape(state, 'providerState');
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error;
    throw new EnvironmentError(
      say`state.json does not say where the machines of provider ${provider} are; something other than lab changed it`,
      {
        code: 'state-broken',
        detail: error.message,
        hint: say`Run "lab down", which then ends what the journal knows, and then "lab up".`,
        cause: error,
      },
    );
  }
}

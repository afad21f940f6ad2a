/** Changes that the person asks for, each of them answered. */
import { useMutation, type UseMutationOptions } from "@tanstack/react-query";
import { useMemo } from "react";

/** What is to be done after one call. */
export interface Then<T> {
  onSuccess?: ((made: T) => void) | undefined;
  onError?: ((error: Error) => void) | undefined;
}

/** A mutation whose `mutate` calls back for each call. The library does so for the newest alone, and only while the
 * caller is shown: of two clicks in a row the first one's refusal, or its way back, would be told to nobody. */
export function useChange<T, V = void>(options: UseMutationOptions<T, Error, V>) {
  const { mutateAsync, ...rest } = useMutation(options);
  const mutate = useMemo(() => answering(mutateAsync as (variables: V) => Promise<T>), [mutateAsync]);
  return { ...rest, mutate, mutateAsync };
}

/** Calls back for each call. Refusals without a callback are shown from the mutation's `error`. */
export function answering<T, V>(call: (variables: V) => Promise<T>) {
  return (variables: V, then: Then<T> = {}): void => void call(variables).then(then.onSuccess, then.onError ?? (() => {}));
}

import { z } from 'zod';
import { progressSchema } from './run';

/**
 * The contracts between processes. Three kinds only: an *rpc* asks and gets an answer; a *job* also sends typed
 * progress and can be cancelled; a *signal* announces state. Types of client and server are inferred from here, and a
 * server that lacks a handler does not start.
 */
export interface RpcEndpoint<I extends z.ZodType = z.ZodType, O = unknown> {
  kind: 'rpc';
  input: I;
  output: z.ZodType<O>;
}
export interface JobEndpoint<I extends z.ZodType = z.ZodType, O = unknown> {
  kind: 'job';
  input: I;
  progress: typeof progressSchema;
  output: z.ZodType<O>;
}
export interface SignalEndpoint<S = unknown> {
  kind: 'signal';
  state: z.ZodType<S>;
}
export type Endpoint = RpcEndpoint | JobEndpoint | SignalEndpoint;

export const rpc = <I extends z.ZodType, O>(input: I, output: z.ZodType<O>): RpcEndpoint<I, O> => ({
  kind: 'rpc',
  input,
  output,
});
export const job = <I extends z.ZodType, O>(input: I, output: z.ZodType<O>): JobEndpoint<I, O> => ({
  kind: 'job',
  input,
  progress: progressSchema,
  output,
});
export const signal = <S>(state: z.ZodType<S>): SignalEndpoint<S> => ({ kind: 'signal', state });
/** A large result whose type is declared here and whose shape the sender owns; what is small has a schema, which its receiver checks. */
export const typed = <T>(): z.ZodType<T> => z.custom<T>((value) => value !== undefined);
export const nothing = z.void();

export type RpcName<C> = { [K in keyof C]: C[K] extends { kind: 'rpc' } ? K : never }[keyof C] & string;
export type JobName<C> = { [K in keyof C]: C[K] extends { kind: 'job' } ? K : never }[keyof C] & string;
export type SignalName<C> = { [K in keyof C]: C[K] extends { kind: 'signal' } ? K : never }[keyof C] & string;
export type InputOf<E> = E extends { input: infer I extends z.ZodType } ? z.input<I> : never;
export type ParsedInputOf<E> = E extends { input: infer I extends z.ZodType } ? z.infer<I> : never;
export type OutputOf<E> = E extends { output: z.ZodType<infer O> } ? O : never;
export type StateOf<E> = E extends { state: z.ZodType<infer S> } ? S : never;

/** What crosses from the editor to the language server beyond the standard protocol, checked where it arrives. */
import * as v from 'valibot';

/** How a client says, when it starts the server, what it can do beyond the standard. */
const InitializationOptions = v.object({
  /** The client's command that shows the page of a document, for code lenses; absent where it has none. */
  pageCommand: v.optional(v.string()),
});

const Severity = v.picklist(['off', 'information', 'warning', 'error']);

/** The section `lossLens` of a client's configuration. A value that makes no sense is passed over, the others hold. */
const Configuration = v.object({
  codeLens: v.optional(v.fallback(v.object({ enabled: v.boolean() }), { enabled: true }), { enabled: true }),
  /** Null stands for every language that is known. */
  languages: v.optional(v.fallback(v.nullable(v.array(v.string())), null), null),
  assumedBatchSize: v.optional(v.fallback(v.nullable(v.pipe(v.number(), v.integer(), v.minValue(1))), null), null),
  rules: v.pipe(
    v.optional(v.fallback(v.record(v.string(), v.unknown()), {}), {}),
    v.transform((rules) =>
      Object.fromEntries(
        Object.entries(rules).flatMap(([rule, value]) => (v.is(Severity, value) ? [[rule, value]] : [])),
      ),
    ),
  ),
});

/** Asks for all that is known about the losses of one document, as Markdown. */
export const PAGE_REQUEST = 'lossLens/page';

const PageParameters = v.object({ uri: v.string() });
export type PageParameters = v.InferOutput<typeof PageParameters>;

/** Null where the document is not analysed. */
const PageResult = v.nullable(v.string());
export type PageResult = v.InferOutput<typeof PageResult>;

export function parseInitializationOptions(value: unknown): v.InferOutput<typeof InitializationOptions> {
  return v.parse(InitializationOptions, value ?? {});
}

export function parseConfiguration(value: unknown): v.InferOutput<typeof Configuration> {
  return v.parse(Configuration, value ?? {});
}

export function parsePageParameters(value: unknown): PageParameters {
  return v.parse(PageParameters, value);
}

export function parsePageResult(value: unknown): PageResult {
  return v.parse(PageResult, value);
}

/**
 * The catalogue: which frameworks there are, and what a name means. Whoever adds a framework writes its table and adds it to the list; nothing else
 * changes.
 */

import { javascript } from './javascript.ts';
import { jax } from './jax.ts';
import { keras } from './keras.ts';
import { numpy } from './numpy.ts';
import { python } from './python.ts';
import type { Entry, Framework, LossEntry, OptimizerEntry, Receiver } from './schema.ts';
import { tensorflow1 } from './tensorflow1.ts';
import { tensorflow2 } from './tensorflow2.ts';
import { tfjs } from './tfjs.ts';
import { torch } from './torch.ts';

/** JavaScript is read like TypeScript. */
export type CatalogueLanguage = Framework['languages'][number] | 'javascript';

/** The ids of the frameworks that a file uses; where several know a name, theirs come first, and then the order of `frameworks` decides. */
export type Marked = ReadonlySet<string>;

export const frameworks: readonly Framework[] = [
  torch,
  tensorflow1,
  keras,
  tensorflow2,
  numpy,
  jax,
  python,
  tfjs,
  javascript,
];

interface Found {
  readonly entry: Entry;
  readonly framework: Framework;
}

interface Member extends Found {
  readonly on: Receiver;
  readonly isProperty: boolean;
}

interface Index {
  readonly frameworks: readonly Framework[];
  readonly names: ReadonlyMap<string, readonly Found[]>;
  readonly members: ReadonlyMap<string, readonly Member[]>;
  readonly strings: Readonly<Record<'loss' | 'optimizer', ReadonlyMap<string, readonly Found[]>>>;
  readonly aliases: ReadonlyMap<string, string>;
  /** Longest first. */
  readonly prefixes: readonly (Found & { readonly prefix: string })[];
}

const indices = new Map<Framework['languages'][number], Index>();
const nowhere: Marked = new Set();

function indexOf(language: CatalogueLanguage): Index {
  const key = language === 'javascript' ? 'typescript' : language;
  const known = indices.get(key);
  if (known) return known;
  const made = build(frameworks.filter((f) => f.languages.includes(key)));
  indices.set(key, made);
  return made;
}

function build(own: readonly Framework[]): Index {
  const names = new Map<string, Found[]>();
  const members = new Map<string, Member[]>();
  const strings = { loss: new Map<string, Found[]>(), optimizer: new Map<string, Found[]>() };
  const put = <T>(map: Map<string, T[]>, key: string, value: T) => {
    const list = map.get(key);
    if (list) list.push(value);
    else map.set(key, [value]);
  };
  for (const framework of own) {
    for (const entry of framework.entries) {
      for (const name of namesOf(entry)) put(names, name, { entry, framework });
      for (const member of membersOf(entry)) put(members, member.name, { ...member, entry, framework });
      if (entry.effect === 'loss' || entry.effect === 'optimizer') {
        for (const text of entry.strings ?? []) put(strings[entry.effect], text, { entry, framework });
      }
    }
  }
  const prefixes = own.flatMap((framework) => (framework.prefixes ?? []).map((p) => ({ ...p, framework })));
  return {
    frameworks: own,
    names,
    members,
    strings,
    aliases: new Map(own.flatMap((f) => f.aliases)),
    prefixes: prefixes.sort((a, b) => b.prefix.length - a.prefix.length),
  };
}

/** The qualified names of an entry; methods alone have none. */
export const namesOf = (entry: Entry): readonly string[] => ('names' in entry ? (entry.names ?? []) : []);

/** The methods and properties of an entry, with what they belong to. */
export function membersOf(
  entry: Entry,
): readonly { readonly name: string; readonly on: Receiver; readonly isProperty: boolean }[] {
  switch (entry.effect) {
    case 'loss':
    case 'optimizer':
      return [];
    case 'sink':
    case 'fit': {
      const { method } = entry;
      return (method?.names ?? []).map((name) => ({ name, on: method?.on ?? 'any', isProperty: false }));
    }
    case 'reduce':
      return (entry.methods ?? []).map((name) => ({ name, on: 'tensor', isProperty: false }));
    default: {
      const on = entry.on ?? 'tensor';
      return [
        ...(entry.methods ?? []).map((name) => ({ name, on, isProperty: false })),
        ...(entry.properties ?? []).map((name) => ({ name, on, isProperty: true })),
      ];
    }
  }
}

/** The name by which the tables know a qualified name: the longest aliased module in front is replaced, as often as one is found. */
export function resolve(language: CatalogueLanguage, qualifiedName: string): string {
  const { aliases } = indexOf(language);
  let name = qualifiedName;
  // Aliases shorten or rename; a ring of them would be a mistake in a table, and the bound keeps it from hanging an editor.
  for (let round = 0; round < 8; round++) {
    const replaced = replaceModule(aliases, name);
    if (replaced === name) return name;
    name = replaced;
  }
  return name;
}

function replaceModule(aliases: ReadonlyMap<string, string>, name: string): string {
  for (let end = name.length; end > 0; end = name.lastIndexOf('.', end - 1)) {
    const to = aliases.get(name.slice(0, end));
    if (to !== undefined) return to + name.slice(end);
  }
  return name;
}

/** What a qualified name means, as imported (aliases are applied here). */
export function lookup(language: CatalogueLanguage, qualifiedName: string, marked: Marked = nowhere): Entry | null {
  const index = indexOf(language);
  const name = resolve(language, qualifiedName);
  const found = index.names.get(name);
  if (found) return first(found, marked)?.entry ?? null;
  return index.prefixes.find((p) => name.startsWith(p.prefix))?.entry ?? null;
}

/** What a method means on a tensor, an optimiser, a tape, a model or a source of batches; `unknown` may be any of them. */
export function lookupMethod(
  language: CatalogueLanguage,
  name: string,
  receiver: Receiver | 'unknown',
  marked: Marked = nowhere,
): Entry | null {
  const found = member(language, name, receiver, marked);
  return found && !found.isProperty ? found.entry : null;
}

/** What a property means. A name that the file's own framework has as a method is none (`size` of torch and of NumPy). */
export function lookupProperty(
  language: CatalogueLanguage,
  name: string,
  receiver: Receiver | 'unknown',
  marked: Marked = nowhere,
): Entry | null {
  const found = member(language, name, receiver, marked);
  return found?.isProperty ? found.entry : null;
}

/** Where nothing is known of the receiver, a tensor is the likeliest. */
const likeliest: readonly Receiver[] = ['tensor', 'model', 'optimizer', 'tape', 'batches', 'any'];

function member(
  language: CatalogueLanguage,
  name: string,
  receiver: Receiver | 'unknown',
  marked: Marked,
): Member | null {
  const found = indexOf(language).members.get(name) ?? [];
  if (receiver !== 'unknown' && receiver !== 'any') {
    return (
      first(
        found.filter((f) => f.on === receiver),
        marked,
      ) ??
      first(
        found.filter((f) => f.on === 'any'),
        marked,
      )
    );
  }
  for (const on of likeliest) {
    const one = first(
      found.filter((f) => f.on === on),
      marked,
    );
    if (one) return one;
  }
  return null;
}

/** The loss or optimiser that `compile` and its like mean by a string. */
export function lookupString(
  kind: 'loss',
  text: string,
  language: CatalogueLanguage,
  marked?: Marked,
): LossEntry | null;
export function lookupString(
  kind: 'optimizer',
  text: string,
  language: CatalogueLanguage,
  marked?: Marked,
): OptimizerEntry | null;
export function lookupString(
  kind: 'loss' | 'optimizer',
  text: string,
  language: CatalogueLanguage,
  marked?: Marked,
): LossEntry | OptimizerEntry | null;
export function lookupString(
  kind: 'loss' | 'optimizer',
  text: string,
  language: CatalogueLanguage,
  marked: Marked = nowhere,
): LossEntry | OptimizerEntry | null {
  const table = indexOf(language).strings[kind];
  const entry = first(table.get(text) ?? table.get(text.toLowerCase()) ?? [], marked)?.entry;
  return entry?.effect === kind ? entry : null;
}

const first = <T extends Found>(found: readonly T[], marked: Marked): T | null =>
  found.find((f) => marked.has(f.framework.id)) ?? found[0] ?? null;

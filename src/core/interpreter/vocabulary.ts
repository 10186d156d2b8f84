/** The catalogue as one file sees it: its language, and the frameworks that it uses. */
import type { Language } from '../analysis.ts';
import { frameworks, lookup, lookupMethod, lookupProperty, lookupString, resolve } from '../catalogue/index.ts';
import type { Entry, Framework, LossEntry, OptimizerEntry } from '../catalogue/schema.ts';
import { lastPart } from './names.ts';

export type ReceiverKind = 'tensor' | 'optimizer' | 'tape' | 'model' | 'batches' | 'unknown';

export class Vocabulary {
  private readonly language: 'python' | 'typescript';
  private readonly own: readonly Framework[];
  private readonly markers: ReadonlySet<string>;
  private readonly title: string;

  private readonly source: string;
  private readonly usedAsModel = new Map<string, boolean>();

  constructor(source: string, language: Language) {
    this.source = source;
    this.language = language === 'python' ? 'python' : 'typescript';
    this.own = frameworks.filter((f) => f.languages.includes(this.language));
    const { own } = this;
    this.markers = new Set(own.filter((f) => f.markers?.some((name) => source.includes(name))).map((f) => f.id));
    // Of frameworks that share a module the one whose marks the file bears gives the name.
    const imported = own.filter((f) => f.modules.some((module) => isImported(source, module)));
    this.title = (imported.find((f) => this.markers.has(f.id)) ?? imported[0] ?? own[0])?.title ?? '';
  }

  /** The framework that the file imports, as its users call it. */
  frameworkTitle(): string {
    return this.title;
  }

  entry(name: string): Entry | null {
    return lookup(this.language, name, this.markers);
  }

  methodEntry(name: string, receiver: ReceiverKind): Entry | null {
    return lookupMethod(this.language, name, receiver, this.markers);
  }

  propertyEntry(name: string, receiver: 'tensor' | 'model'): Entry | null {
    return lookupProperty(this.language, name, receiver, this.markers);
  }

  isMethod(name: string, receiver: ReceiverKind): boolean {
    return this.methodEntry(name, receiver) !== null;
  }

  isBuiltin(name: string): boolean {
    return this.entry(`builtins.${name}`) !== null;
  }

  /** Whether the file asks a name for its parameters, or sets it to training: then it is a model, whatever it is called. */
  isUsedAsModel(name: string): boolean {
    const known = this.usedAsModel.get(name);
    if (known !== undefined) return known;
    const found =
      /^[\w.]+$/.test(name) &&
      new RegExp(
        `(?<![\\w.])${name.replaceAll('.', '\\.')}\\.(?:parameters|state_dict|train|eval|trainable_\\w+|trainableWeights|getWeights)\\b`,
      ).test(this.source);
    this.usedAsModel.set(name, found);
    return found;
  }

  /** The module that everybody calls by a name; null where nobody does. */
  customaryName(name: string): string | null {
    return this.own.map((f) => f.customaryNames?.[name]).find((module) => module !== undefined) ?? null;
  }

  /** The default scale of a regulariser that is named by a string (`'l2'`); null where no framework knows the name. */
  regularizerDefault(text: string): number | null {
    for (const entry of this.own.flatMap((f) => f.entries)) {
      if (entry.effect === 'regularizer' && entry.names.some((n) => lastPart(n).toLowerCase() === text.toLowerCase()))
        return entry.default;
    }
    return null;
  }

  lossByString(text: string): LossEntry | null {
    const found = lookupString('loss', text, this.language, this.markers);
    return found?.effect === 'loss' ? found : null;
  }

  optimizerByString(text: string): OptimizerEntry | null {
    const found = lookupString('optimizer', text, this.language, this.markers);
    return found?.effect === 'optimizer' ? found : null;
  }

  isLossApi(name: string): boolean {
    return (
      this.entry(name)?.effect === 'loss' ||
      frameworks.some((f) => f.entries.some((e) => e.effect === 'loss' && e.names.includes(name)))
    );
  }

  /** The method that runs when an instance of a subclass is called; null where the base is no model and no loss. */
  callMethod(base: string, modelsOnly: boolean): string | null {
    const name = resolve(this.language, base);
    for (const f of frameworks) {
      const model =
        f.models.find((c) => c.name === name) ?? (modelsOnly ? undefined : f.lossClasses?.find((c) => c.name === name));
      if (model) return model.call;
    }
    return null;
  }
}

const isImported = (source: string, module: string): boolean =>
  new RegExp(`(?:import|from|require\\()\\s*['"]?${module.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')}`).test(source);

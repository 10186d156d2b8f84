/**
 * What names tell, where nothing else does. A name is weak evidence: it makes a symbol out of an unknown number, and says which unknown call may be a
 * loss, but no finding rests on it.
 */

/** `batch_size`, `FLAGS.batch_size`, `batchSize`, `bs`, `per_device_train_batch_size`. Counts of batches and dictionaries of sizes are not. */
const BATCH_SIZE =
  /^(?:\w+_)?(?:mini_?)?batch_?(?:size|sz|len)(?:_?per_?\w+)?$|^(?:\w+[a-z])?(?:Mini)?BatchSize$|^(?:n_?batch|bsz?|bsize|mb_?size)$/i;

export const isBatchSizeName = (name: string): boolean =>
  BATCH_SIZE.test(lastPart(name)) && !/accum|buffer|num_batches/i.test(name);

/** Objects that hold settings: their unknown fields are numbers, not tensors. */
const CONFIG =
  /^(?:args?|opts?|opt|flags?|config|conf|cfg|hparams?|hps?|hp|settings|options|params|hyper\w*|C|model_args|training_args|\w*_(?:args|config|cfg|opts?|params|flags)|\w+(?:Args|Config|Options|Settings|Params))$/i;

export const isConfigName = (name: string): boolean => CONFIG.test(lastPart(name));

/** Scalars that weigh terms or steps. */
const HYPER =
  /^(?:lr|learning_?rate|eps|epsilon|alpha|beta\d?|gamma|lambda|lamb?da?\w*|lam\w*|tau|temperature|temp|kappa|eta|mu_?reg|rho|sigma|wd|weight_?decay|decay|momentum|scale|factor|reg\w*|l[12]_?\w*|coeff?\w*|\w*_(?:coeff?s?|lambda|alpha|beta|gamma|scale|factor|ratio|rate|reg|decay|eps|loss_weight)|\w+(?:Coefficient|Rate|Decay|Scale|Factor|Lambda|Alpha|Beta)|delta|margin|clip\w*)$/i;

/** What counts something is a size, whatever else its name says. */
const COUNT = /avg|num|count|norm|total|denom|^n_|_n$|size|len/i;

export const isHyperparameterName = (name: string): boolean =>
  HYPER.test(lastPart(name)) && !COUNT.test(lastPart(name));

/** What may compute a loss itself. */
const LOSS =
  /loss|criterion|criterium|objective|\bcost|_cost|cost_fn|crit(?:\b|_)|penalty|divergence|regulari[sz]|nll|cross_?entropy|elbo|mse|bce/i;

/** What may compute a penalty on the weights. */
export const isPenaltyName = (name: string): boolean =>
  /regulari[sz]|weight_?decay|^l[12](?:_|$)|penalty/i.test(lastPart(name));

export const isLossName = (name: string): boolean => LOSS.test(lastPart(name)) && !isMetricName(lastPart(name));

/** A value that is only looked at. */
const METRIC =
  /acc(?:uracy)?(?:$|_)|accuracy|metric|psnr|ssim|score|iou|f1|precision|recall|perplexity|ppl|auc|rmse$|correct|eval|valid|^val_|_val$|^test|_test$|running|avg_?meter|total_loss_?\d*_?value|epoch|log_|history/i;

export const isMetricName = (name: string): boolean =>
  METRIC.test(lastPart(name)) || /[a-z](?:Accuracy|Metric|Score)$|^val[A-Z]/.test(lastPart(name));

/** An iterable that yields batches. */
const LOADER =
  /loader|dataset|batches|data_?iter|iterator|\bdata\b|_data$|_ds$|^ds$|generator|train_set|trainset|train_gen/i;

export const isLoaderName = (name: string): boolean => LOADER.test(name);

/** Something called as a model is: its rows stay examples. */
export const isModelName = (name: string): boolean =>
  /model|\bfc\d?$|^fc\d?$|conv\d?$|linear|net(?:work)?$|^net|encoder|decoder|generator|discriminator|critic|actor|policy|backbone|head$|^(?:G|D|net[GD])$|classifier|layer|forward|predict|transformer|embed|apply/i.test(
    lastPart(name),
  );

/** Test files: no lens belongs on them. */
export const isTestPath = (path: string): boolean =>
  /(?:^|[\\/])(?:tests?|__tests__|spec)[\\/]|(?:^|[\\/])(?:test_[^\\/]*|[^\\/]*_test|[^\\/]*\.(?:test|spec))\.\w+$|(?:^|[\\/])conftest\.py$/i.test(
    path,
  );

export function lastPart(name: string): string {
  const parts = name.split('.');
  return parts.at(-1) ?? name;
}

/** The axis that an integer such as `seq_len` counts, by its name. */
export function axisOfSizeName(name: string): 'B' | 'T' | 'F' | 'C' | 'Z' | null {
  const n = lastPart(name);
  if (isBatchSizeName(n)) return 'B';
  if (
    /^(?:seq_?len(?:gth)?|sequence_length|block_size|n_?ctx|(?:time_?|num_?|n_?)?steps|unroll\w*|max_?len\w*)$/i.test(n)
  )
    return 'T';
  if (/^(?:n_?classes|num_?classes|vocab_?size|n_?vocab)$/i.test(n)) return 'C';
  if (/^(?:latent_?(?:dim|size)|z_?dim|n_?z|nz)$/i.test(n)) return 'Z';
  return null;
}

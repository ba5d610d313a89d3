// Writes what TF.js computes of layers that see a mask, as JSON; write_tfjs.py packs it.
import { createRequire } from 'node:module';

const tf = createRequire(`${process.argv[2]}/`)('@tensorflow/tfjs');
const layers = tf.layers;
let seed = 7;
const number = () => {
  seed = (seed * 48271) % 2147483647;
  return Math.round((seed / 2147483647 - 0.5) * 96) / 64;
};

const embedded = (name) => {
  const words = tf.input({ shape: [5], dtype: 'int32', name });
  return [words, layers.embedding({ inputDim: 7, outputDim: 3, maskZero: true, name: `${name}_table` }).apply(words)];
};
const gru = (units, more = {}) => layers.gru({ units, resetAfter: false, ...more });

function* models() {
  const [words, table] = embedded('words');
  const outputs = [
    layers.lstm({ units: 2, name: 'lstm' }),
    layers.lstm({ units: 2, returnSequences: true, name: 'steps' }),
    gru(3, { returnSequences: true, name: 'gru' }),
    layers.simpleRNN({ units: 2, goBackwards: true, name: 'back' }),
    layers.timeDistributed({ layer: layers.dense({ units: 2 }), name: 'each' }),
    layers.bidirectional({ layer: layers.lstm({ units: 2, returnSequences: true }), mergeMode: 'concat', name: 'both' }),
    layers.bidirectional({ layer: gru(2), mergeMode: 'sum', name: 'sum' }),
    layers.rnn({ cell: [layers.lstmCell({ units: 2 }), layers.lstmCell({ units: 3 })], returnSequences: true, name: 'cells' }),
  ].map((layer) => layer.apply(table));
  yield ['words', tf.model({ inputs: words, outputs })];
  const [tokens, rows] = embedded('tokens');
  const dropped = layers.activation({ activation: 'tanh', name: 'tanh' }).apply(layers.dropout({ rate: 0.3, name: 'd' }).apply(rows));
  yield ['through', tf.model({ inputs: tokens, outputs: [layers.lstm({ units: 2, name: 'behind' }).apply(dropped)] })];
}

const words = [[3, 6, 4, 0, 0], [0, 0, 2, 4, 5], [5, 6, 0, 5, 6], [0, 0, 0, 0, 0]];
const found = {};
for (const [name, model] of models()) {
  model.setWeights(model.getWeights().map((w) => tf.tensor(Array.from({ length: w.size }, number), w.shape)));
  const results = [model.predict(tf.tensor(words, [4, 5], 'int32'))].flat();
  await model.save(
    tf.io.withSaveHandler(async (artifacts) => {
      const data = [artifacts.weightData].flat().map((part) => Buffer.from(part));
      found[name] = {
        topology: artifacts.modelTopology,
        specs: artifacts.weightSpecs,
        weights: Buffer.concat(data).toString('base64'),
        words,
        results: results.map((tensor) => [tensor.shape, Array.from(tensor.dataSync())]),
      };
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
    }),
  );
}
process.stdout.write(JSON.stringify(found));

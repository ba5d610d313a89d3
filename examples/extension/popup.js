import { loadModel } from "texelflow";
import { topK } from "texelflow/ends";

const picture = document.querySelector("img");
const answer = document.querySelector("output");
const loading = loadModel("bundle/");

/** Says which digit the picture shows. */
async function read() {
  try {
    const model = await loading;
    await picture.decode();
    const { probabilities } = await model.run({ image: picture });
    const [best] = topK(probabilities.as("float32"), 1);
    answer.value = `${best.index}, ${Math.round(100 * best.score)} %`;
  } catch (error) {
    answer.value = error.message;
  }
}

document.querySelector("input").addEventListener("change", ({ target }) => {
  URL.revokeObjectURL(picture.src);
  picture.src = URL.createObjectURL(target.files[0]);
  read();
});
read();

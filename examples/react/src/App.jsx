import { useEffect, useRef, useState } from "react";
import { topK } from "texelflow/ends";
import { useModel } from "./useModel.js";

/** Says which digit a picture shows. */
export function App() {
  const { model, problem } = useModel("bundle/");
  const [source, setSource] = useState("digit.svg");
  const [answer, setAnswer] = useState("Loading…");
  const picture = useRef(null);

  useEffect(() => {
    if (!model) return;
    let isWanted = true;
    const say = (text) => isWanted && setAnswer(text);
    readDigit(model, picture.current).then(say, (error) => say(error.message));
    return () => {
      isWanted = false;
      URL.revokeObjectURL(source);
    };
  }, [model, source]);

  return (
    <main>
      <h1>Which digit is this?</h1>
      <img ref={picture} src={source} alt="A digit" width="128" />
      <p>
        <label>
          Another picture:{" "}
          <input
            type="file"
            accept="image/*"
            onChange={({ target }) => setSource(URL.createObjectURL(target.files[0]))}
          />
        </label>
      </p>
      <p>
        <output>{problem ? problem.message : answer}</output>
      </p>
    </main>
  );
}

async function readDigit(model, picture) {
  await picture.decode();
  const { probabilities } = await model.run({ image: picture });
  const [best] = topK(probabilities.as("float32"), 1);
  return `${best.index}, ${Math.round(100 * best.score)} %`;
}

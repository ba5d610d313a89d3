import { pictureOf } from "../ends.ts";
import type { Tensor } from "../graph/tensor.ts";
import { each } from "./each.ts";
import { type PictureInput, runPicture } from "./pictures.ts";
import { planesIn } from "./planes_in.ts";
import { numbersOf, type TaskModel, type TaskRunOptions } from "./task_model.ts";

/** Makes pictures of pictures; they are as large as the model makes them. */
export function imageToImage(task: TaskModel) {
  const meant = task.output("picture");
  const { info, role } = meant;
  return each(async (picture: PictureInput, options: TaskRunOptions = {}): Promise<ImageData> => {
    const { outputs } = await runPicture(task, picture, options);
    return task.read([meant], outputs, () => {
      const { shape } = outputs[info.name] as Tensor;
      const planes = planesIn({ shape, data: numbersOf(outputs, info) }, role.channels === "gray" ? 1 : 3);
      return pictureOf(role.channels === "bgr" ? planes.reverse() : planes, role.range);
    });
  });
}

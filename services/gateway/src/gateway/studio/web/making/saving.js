// What a run has made, by links that hold for a while.
import { get } from "../core/api.js";
import { t } from "../core/i18n.js";
import { toast } from "../ui/toast.js";
import { saying } from "../ui/notice.js";

/** Hand a result to the browser as a file. @param {string} run @param {string} [result] */
export async function save(run, result) {
  try {
    const { url, filename } = await get(`/workflows/${run}/download`, { query: { result } });
    const anchor = document.createElement("a");
    anchor.href = url;
    anchor.download = filename;
    document.body.append(anchor);
    anchor.click();
    anchor.remove();
    toast(t("making.saved", { name: filename }));
  } catch (error) {
    toast(saying(error));
  }
}

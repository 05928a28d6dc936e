// The link runs the block, which opens the PDF when it is done. Without scripts the link leads to the program.
const link = document.querySelector("a.pdf");
const block = document.querySelector("#pdf deferred-runner");

link.addEventListener("click", async (event) => {
  event.preventDefault();
  block.scrollIntoView({ block: "center" });
  await customElements.whenDefined("deferred-runner");
  await block.updateComplete;
  // A stored PDF may be on the page already.
  if (!block.shadowRoot.querySelector("[part=document]")) void block.run();
});

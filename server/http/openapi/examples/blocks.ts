import { BLOCK_TOKEN, type CallExamples, IDS, SERVER, SHA256 } from "./example.ts";

const BLOCK_VIEW = {
  id: IDS.block,
  state: "published",
  title: "Sunflower",
  runtime: "python",
  kid: IDS.kid,
  jti: "5b0c2f1e-7d3a-4a9e-8c61-2f90b7d4e3a1",
  signed_at: "2026-03-01T18:20:00.000Z",
  registered_at: "2026-03-01T18:21:12.480Z",
  published_at: "2026-03-01T18:21:12.480Z",
  page_url: `${SERVER}/acme/site/blocks/${IDS.block}`,
  name: "sunflower",
  name_url: `${SERVER}/acme/site/blocks/sunflower`,
  runs: 214,
  failures: 3,
  readers: 951,
  last_run_at: "2026-03-02T09:14:07.120Z",
};

const WHOLE_BLOCK = { ...BLOCK_VIEW, block: BLOCK_TOKEN, code: 'print("hello")\n' };

/** Examples of the calls of registered blocks. */
export const BLOCK_EXAMPLES: CallExamples = {
  "GET /v1/projects/{owner}/{name}/blocks": { answer: { blocks: [BLOCK_VIEW] } },
  "POST /v1/projects/{owner}/{name}/blocks": {
    body: { block: BLOCK_TOKEN, code: 'print("hello")\n', as: "sunflower" },
    answer: BLOCK_VIEW,
  },
  "POST /v1/projects/{owner}/{name}/block-files": {
    body: { block: BLOCK_TOKEN },
    answer: {
      uploads: [
        {
          path: "data/cities.csv",
          sha256: SHA256,
          url: `${SERVER}/v1/uploads/blocks/acme/site/${SHA256}?expires=1772442847&signature=Jt0…`,
          headers: { "content-type": "application/octet-stream", "content-length": "1843200" },
        },
      ],
    },
  },
  "GET /v1/projects/{owner}/{name}/blocks/{id}": {
    path: { id: IDS.block },
    answer: WHOLE_BLOCK,
  },
  "PATCH /v1/projects/{owner}/{name}/blocks/{id}": {
    path: { id: IDS.block },
    body: { published: false },
    answer: { ...BLOCK_VIEW, state: "unpublished", name: null, name_url: null },
  },
  "GET /{owner}/{name}/blocks/{block}": {
    path: { block: "sunflower" },
    answer: "1597 seeds at 137 degrees\n[Ended with exit status 0 after 0.4 s.]\n",
  },
  "GET /{owner}/{name}/blocks/{block}/artifacts/{artifact}": {
    path: { block: "sunflower", artifact: "sunflower.svg" },
  },
  "GET /gists/{user}/{id}": {
    path: { user: "ada", id: "4f2a91c07d3e5b8169f0a2c4d6e8b0f1" },
    answer: "hello\n[Ended with exit status 0 after 0.1 s.]\n",
  },
  "GET /gists/{user}/{id}/artifacts/{artifact}": {
    path: { user: "ada", id: "4f2a91c07d3e5b8169f0a2c4d6e8b0f1", artifact: "plot.svg" },
  },
  "GET /gists/{user}/{id}/files/{file}": {
    path: { user: "ada", id: "4f2a91c07d3e5b8169f0a2c4d6e8b0f1", file: "hello.py" },
    answer: "hello\n[Ended with exit status 0 after 0.1 s.]\n",
  },
  "GET /gists/{user}/{id}/files/{file}/artifacts/{artifact}": {
    path: {
      user: "ada",
      id: "4f2a91c07d3e5b8169f0a2c4d6e8b0f1",
      file: "hello.py",
      artifact: "plot.svg",
    },
  },
  "GET /oembed": {
    query: { url: `${SERVER}/acme/site/blocks/sunflower` },
    answer: {
      version: "1.0",
      type: "rich",
      title: "Sunflower",
      author_name: "acme/site",
      provider_name: "Deferred Runner",
      provider_url: SERVER,
      cache_age: 300,
      html: `<iframe src="${SERVER}/acme/site/blocks/${IDS.block}/embed" title="Sunflower" width="720" height="420"></iframe>`,
      width: 720,
      height: 420,
      thumbnail_url: `${SERVER}/acme/site/blocks/${IDS.block}/image.png`,
      thumbnail_width: 1200,
      thumbnail_height: 630,
    },
  },
};

import { expect, test } from "vitest";
import { imageSearch } from "../../../../server/providers/ec2/image-search.ts";

test.each([
  ["eu-west-1", "099720109477"],
  ["us-gov-west-1", "513442679011"],
  ["cn-northwest-1", "837727238323"],
])("Ubuntu's maker has another account in each partition: in %s it is %s", (region, owner) => {
  for (const image of ["ubuntu-22.04", "ubuntu-24.04"]) {
    expect(imageSearch(image, "arm64", region)).toMatchObject({ owner });
  }
});

test("an image's id, and the name of one's own, mean the same in every region", () => {
  for (const region of ["eu-west-1", "eusc-de-east-1", "cn-north-1"]) {
    expect(imageSearch("ami-1", "x86_64", region)).toEqual({ id: "ami-1" });
    expect(imageSearch("self:mine-*", "x86_64", region)).toEqual({ owner: "self", name: "mine-*" });
  }
});

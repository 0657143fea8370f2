import torch


def clip_loss(img, txt, log_scale):
    cosines = torch.einsum("id,jd->ij", img, txt) / torch.outer(img.norm(dim=1), txt.norm(dim=1))
    z = cosines * log_scale.exp()
    right = torch.eye(len(img), dtype=torch.bool)
    return -(z.log_softmax(1)[right] + z.log_softmax(0)[right]).mean() * 0.5
